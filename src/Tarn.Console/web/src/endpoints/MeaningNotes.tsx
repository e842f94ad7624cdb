import type { ReactNode } from "react";
import type { Meaning } from "../api/servingTypes";
import { meaningNotice } from "./meaning";
import styles from "./Endpoints.module.css";

/** Which of these do not answer, and why, or what is about to. */
export function MeaningNotes({ of }: { of: readonly Meaning[] }): ReactNode {
  return of.map((one) => {
    const notice = meaningNotice(one);
    return (
      notice !== null && (
        <p key={one.name} className={notice.tone === "busy" ? styles.busy : styles.warning} role="status">
          {notice.text}
        </p>
      )
    );
  });
}

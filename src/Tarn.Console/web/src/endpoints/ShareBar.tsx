import type { ReactNode } from "react";
import { useVariantColours } from "./colours";
import { shareText } from "./split";
import styles from "./Endpoints.module.css";

export interface Share {
  name: string;
  share: number;
  /** What answers there, in words. */
  means: string;
}

/** Who answers how many of the requests: a stacked bar, and the same in words beneath it. */
export function ShareBar({ shares, label }: { shares: readonly Share[]; label: string }): ReactNode {
  const colour = useVariantColours();
  return (
    <div className={styles.shares}>
      <span className={styles.stack} role="img" aria-label={`${label}: ${shares.map((one) => `${one.name} ${shareText(one.share)}`).join(", ")}`}>
        {shares.map((one, place) => one.share > 0 && <span key={one.name} style={{ flexGrow: one.share, background: colour(place) }} />)}
      </span>
      <ul aria-hidden>
        {shares.map((one, place) => (
          <li key={one.name}>
            <i style={{ background: colour(place) }} />
            {one.name} <b>{shareText(one.share)}</b>
            {one.means !== one.name && <small>{one.means}</small>}
          </li>
        ))}
      </ul>
    </div>
  );
}

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { count } from "../format/numbers";
import styles from "./Datasets.module.css";

/** Which of how many are shown, and the way to the others. */
export function Pager({ shown, total, offset, size, onOffset }: { shown: number | undefined; total: number | undefined; offset: number; size: number; onOffset: (offset: number) => void }): ReactNode {
  return (
    <div className={styles.pager}>
      <span aria-live="polite">{shown !== undefined && shown > 0 && `${count(offset + 1)}–${count(offset + shown)} of ${count(total)}`}</span>
      <Button variant="default" size="compact-sm" disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - size))}>
        Previous
      </Button>
      <Button variant="default" size="compact-sm" disabled={total === undefined || offset + size >= total} onClick={() => onOffset(offset + size)}>
        Next
      </Button>
    </div>
  );
}

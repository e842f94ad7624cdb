import { useComputedColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./quakes.module.css";
import { colorOf, sizeOf } from "./scale";

/** What size and colour mean. */
export function Legend({ scale }: { scale: number }): ReactNode {
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <div className={styles.legend} aria-hidden>
      <span>Magnitude</span>
      {[1, 2, 3, 4, 5, 6, 7].map((mag) => (
        <span key={mag} className={styles.legendStep}>
          <i style={{ width: sizeOf(mag) * scale, height: sizeOf(mag) * scale, background: colorOf(mag, dark) }} />
          {mag}
        </span>
      ))}
    </div>
  );
}

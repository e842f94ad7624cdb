import type { ReactNode } from "react";
import styles from "./Models.module.css";

/** Aliases as small labels, the champion's the strongest; with the version that they mean where it is given. */
export function AliasTags({ names }: { names: readonly (readonly [alias: string, version: number | null])[] }): ReactNode {
  return (
    <span className={styles.aliases}>
      {[...names]
        .sort(([a], [b]) => Number(b === "champion") - Number(a === "champion") || a.localeCompare(b))
        .map(([alias, version]) => (
          <span key={alias} className={styles.alias} data-champion={alias === "champion" || undefined}>
            {alias}
            {version !== null && <b> {version}</b>}
          </span>
        ))}
    </span>
  );
}

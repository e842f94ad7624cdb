import type { ReactNode } from "react";
import styles from "./Endpoints.module.css";

/** A row of numbers as a small area; its foot is 0. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }): ReactNode {
  const most = Math.max(...values, 1e-9);
  const points = values.map((value, index) => `${((index / Math.max(1, values.length - 1)) * 120).toFixed(1)},${(27 - (value / most) * 24).toFixed(1)}`).join(" ");
  return (
    <svg className={styles.sparkline} viewBox="0 0 120 28" width="120" height="28" preserveAspectRatio="none" role="img" aria-label={label}>
      <polygon points={`0,27 ${points} 120,27`} />
      <polyline points={points} />
    </svg>
  );
}

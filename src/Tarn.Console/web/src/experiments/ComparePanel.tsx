import { useMemo, type ReactNode } from "react";
import { Link } from "wouter";
import type { TrainingRun } from "../api/types";
import { usePalette } from "../charts";
import { Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { CurveChart, ParallelChart } from "./CompareCharts";
import { compareRows, lineColours, type CompareRow } from "./compare";
import styles from "./Experiments.module.css";

/** Runs side by side: what was set, what came of it, and how it got there. */
export default function ComparePanel({ runs, metric, onMetric }: { runs: readonly TrainingRun[]; metric: string | undefined; onMetric: (metric: string) => void }): ReactNode {
  const { dark } = usePalette();
  const colours = lineColours(dark);
  const rows = useMemo(() => compareRows(runs), [runs]);
  if (runs.length === 0) return <Empty title="No runs to compare" />;
  const fields: TableField<CompareRow>[] = [
    { key: "name", head: "", cell: (row) => <span className={row.differs ? undefined : styles.same}>{row.name}</span> },
    ...runs.map((run, index): TableField<CompareRow> => ({
      key: run.id,
      right: true,
      head: (
        <Link href={`/training-runs/${run.id}`}>
          <span className={styles.colour} style={{ background: colours[index % colours.length] }} aria-hidden />
          {run.name}
        </Link>
      ),
      cell: (row) => <span className={`${styles.mono} ${row.greatest[index] ? styles.best : ""} ${row.differs ? "" : styles.same}`}>{row.values[index]}</span>,
    })),
  ];
  return (
    <>
      <div className={styles.part}>
        <h3>Params and metrics</h3>
        <ParallelChart runs={runs} />
      </div>
      <div className={styles.part}>
        <h3>Curves</h3>
        <CurveChart runs={runs} metric={metric} onMetric={onMetric} />
      </div>
      <DataTable label="Runs compared" fields={fields} rows={rows} rowKey={(row) => `${row.kind}:${row.name}`} />
    </>
  );
}

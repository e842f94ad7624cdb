import type { ReactNode } from "react";
import type { DatasetClass } from "../api/types";
import { count } from "../format/numbers";
import { DataTable, type TableField } from "../ui/DataTable";
import styles from "./Datasets.module.css";
import { barsOf, share, splits, type ImageFilter } from "./words";

/** Images by class and split; each number shows the images that it counts. */
export function ClassTable({ classes, onShow }: { classes: readonly DatasetClass[]; onShow: (filter: ImageFilter) => void }): ReactNode {
  const sum = (pick: (one: DatasetClass) => number): number => classes.reduce((all, one) => all + pick(one), 0);
  const total: DatasetClass = { label: "", train: sum((one) => one.train), validation: sum((one) => one.validation), test: sum((one) => one.test), all: sum((one) => one.all) };
  const counted = (one: DatasetClass, split: (typeof splits)[number] | undefined): ReactNode => {
    const number = split === undefined ? one.all : one[split];
    const label = one === total ? undefined : one.label;
    return number === 0 ? (
      <span className="muted">0</span>
    ) : (
      <button type="button" className={styles.linkButton} aria-label={`Show the ${number} ${split ?? ""} images${label === undefined ? "" : ` of ${label}`}`} onClick={() => onShow({ label, split })}>
        {count(number)}
      </button>
    );
  };
  const fields: TableField<DatasetClass>[] = [
    { key: "label", head: "Class", cell: (one) => (one === total ? <b>All</b> : <span className={styles.wrap}>{one.label}</span>) },
    ...splits.map(
      (split): TableField<DatasetClass> => ({
        key: split,
        right: true,
        head: (
          <span className={styles.split} data-split={split}>
            {split[0]?.toUpperCase()}
            {split.slice(1)}
          </span>
        ),
        cell: (one) => (
          <>
            {counted(one, split)}
            {one === total && <div className={styles.under}>{share(one[split], one.all)}</div>}
          </>
        ),
      }),
    ),
    { key: "all", head: "All", right: true, cell: (one) => counted(one, undefined) },
    {
      key: "bar",
      head: <span className="visually-hidden">Shares</span>,
      wide: true,
      cell: (one) => {
        if (one === total) return null;
        const bars = barsOf(one, classes);
        return (
          <span className={styles.bar} aria-hidden>
            {splits.map((split) => (
              <span key={split} data-split={split} style={{ width: `${bars[split]}%` }} />
            ))}
          </span>
        );
      },
    },
  ];
  return <DataTable label="Images by class and split" fields={fields} rows={classes.length > 1 ? [...classes, total] : classes} rowKey={(one) => (one === total ? " all" : one.label)} maxHeight={380} />;
}

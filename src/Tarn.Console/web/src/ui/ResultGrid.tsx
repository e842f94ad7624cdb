import { useMemo, type ReactNode } from "react";
import type { RowSet } from "../api/types";
import { DataTable, type Sort, type TableField } from "./DataTable";
import { isNumeric, Value } from "./Value";
import styles from "./ResultGrid.module.css";

/** The rows of a table or of a query, with each column's type under its name. */
export function ResultGrid({ label, set, sort, onSort, maxHeight }: { label: string; set: RowSet; sort?: Sort; onSort?: (sort: Sort) => void; maxHeight?: number | string }): ReactNode {
  const fields = useMemo<TableField<unknown[]>[]>(
    () =>
      set.columns.map((column, index) => ({
        key: column.name,
        right: isNumeric(column.type),
        sortable: onSort !== undefined,
        head: (
          <span className={styles.head}>
            {column.name} <small>{column.type.toLowerCase()}</small>
          </span>
        ),
        cell: (row) => (
          <span className={styles.cell}>
            <Value value={row[index]} type={column.type} />
          </span>
        ),
      })),
    [set.columns, onSort !== undefined],
  );
  return <DataTable label={label} fields={fields} rows={set.rows} rowKey={(_, index) => String(index)} sort={sort} onSort={onSort} maxHeight={maxHeight} />;
}

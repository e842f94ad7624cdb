import type { KeyboardEvent, ReactNode } from "react";
import styles from "./DataTable.module.css";

export interface TableField<T> {
  key: string;
  head: ReactNode;
  cell: (row: T) => ReactNode;
  /** Numbers stand at the right. */
  right?: boolean;
  /** True where the head sorts. */
  sortable?: boolean;
  /** Left out below 720 px. */
  wide?: boolean;
  title?: string;
}

export interface Sort {
  by: string;
  descending: boolean;
}

/** What a click on a head leads to: the same column turns round, another starts descending for numbers and times. */
export const nextSort = (sort: Sort | undefined, by: string, descendingFirst: boolean): Sort =>
  sort?.by === by ? { by, descending: !sort.descending } : { by, descending: descendingFirst };

/** A head cell that sorts; says so to those who cannot see the arrow. */
export function SortHead({ field, sort, onSort }: { field: Pick<TableField<never>, "key" | "head" | "right" | "sortable" | "title">; sort?: Sort; onSort?: (sort: Sort) => void }): ReactNode {
  if (field.sortable !== true || onSort === undefined) return field.head;
  const active = sort?.by === field.key;
  return (
    <button type="button" className={styles.sort} title={field.title} onClick={() => onSort(nextSort(sort, field.key, field.right === true))}>
      {field.head}
      <span aria-hidden className={active ? styles.arrow : styles.arrowOff}>
        {active && !sort.descending ? "↑" : "↓"}
      </span>
    </button>
  );
}

export const ariaSort = (key: string, sort: Sort | undefined): "ascending" | "descending" | undefined =>
  sort?.by !== key ? undefined : sort.descending ? "descending" : "ascending";

/** A plain dense table that scrolls sideways in itself. Rows with `href` lead there. */
export function DataTable<T>({ label, fields, rows, rowKey, sort, onSort, onRow, chosen, maxHeight }: {
  label: string;
  fields: readonly TableField<T>[];
  rows: readonly T[];
  rowKey: (row: T, index: number) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  onRow?: (row: T) => void;
  chosen?: (row: T) => boolean;
  maxHeight?: number | string;
}): ReactNode {
  const open = (row: T) => (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.target !== event.currentTarget) return;
    onRow?.(row);
  };
  return (
    <div className={styles.scroll} style={{ maxHeight }} role="group" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {fields.map((field) => (
              <th key={field.key} scope="col" data-right={field.right} data-wide={field.wide} aria-sort={ariaSort(field.key, sort)}>
                <SortHead field={field} sort={sort} onSort={onSort} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={rowKey(row, index)}
              data-chosen={chosen?.(row) || undefined}
              {...(onRow === undefined ? {} : { onClick: () => onRow(row), onKeyDown: open(row), tabIndex: 0, "data-open": true })}
            >
              {fields.map((field) => (
                <td key={field.key} data-right={field.right} data-wide={field.wide}>
                  {field.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

import type { UseQueryResult } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import { Link } from "wouter";
import type { TableSummary } from "../api/types";
import { bytes, count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Ago } from "../ui/Time";
import styles from "./Tables.module.css";

const fields: TableField<TableSummary>[] = [
  {
    key: "name",
    head: "Table",
    cell: (table) => (
      <>
        <Link href={`/tables/${encodeURIComponent(table.name)}`} className={styles.name}>
          <span className={styles.layer} data-layer={table.layer} aria-hidden />
          {table.name.split(/(?<=[._])/).map((part, index) => (
            <Fragment key={index}>
              <wbr />
              {part}
            </Fragment>
          ))}
        </Link>
        {table.kind === "view" && <small className={styles.tag}>view</small>}
        {table.description && <div className={styles.under}>{table.description}</div>}
      </>
    ),
  },
  { key: "version", head: "Version", right: true, wide: true, cell: (table) => count(table.version) },
  { key: "rows", head: "Rows", right: true, cell: (table) => count(table.rows) },
  { key: "files", head: "Files", right: true, wide: true, cell: (table) => count(table.kind === "view" ? null : table.files) },
  { key: "bytes", head: "Size", right: true, wide: true, cell: (table) => bytes(table.kind === "view" ? null : table.bytes) },
  { key: "updated", head: "Updated", cell: (table) => <Ago at={table.updatedAt} /> },
];

const order = ["bronze", "silver", "gold"];
const rank = (layer: string): number => (order.includes(layer) ? order.indexOf(layer) : order.length);

/** The lake's tables, in the order in which data walks: bronze, silver, gold. */
export function TableList({ of, brief = false }: { of: UseQueryResult<TableSummary[]>; brief?: boolean }): ReactNode {
  return (
    <Answer of={of} what="tables" empty={<Empty title="No tables">They appear with the first commit.</Empty>}>
      {(tables) => (
        <DataTable
          label="Tables"
          fields={brief ? fields.filter((field) => field.key !== "files") : fields}
          rows={[...tables].sort((a, b) => rank(a.layer) - rank(b.layer) || a.name.localeCompare(b.name))}
          rowKey={(table) => table.name}
        />
      )}
    </Answer>
  );
}

import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useLedger } from "../api/queries";
import type { LedgerEntry } from "../api/types";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Ago, At } from "../ui/Time";
import { AliasTags } from "./AliasTags";
import { ledgerWords, moveText } from "./ledger";
import styles from "./Models.module.css";

const fields: TableField<LedgerEntry>[] = [
  {
    key: "at",
    head: "When",
    cell: (entry) => (
      <>
        <At at={entry.at} />
        <div className={styles.under}>
          <Ago at={entry.at} />
        </div>
      </>
    ),
  },
  { key: "alias", head: "Alias", cell: (entry) => <AliasTags names={[[entry.alias, null]]} /> },
  { key: "what", head: "What", cell: (entry) => ledgerWords[entry.kind] },
  { key: "move", head: "Version", cell: (entry) => <span className={styles.move}>{moveText(entry)}</span> },
  { key: "who", head: "Who", cell: (entry) => entry.who },
  {
    key: "why",
    head: "Why",
    cell: (entry) => (
      <>
        {entry.reason}
        {entry.verdict && (
          <details className={styles.verdict}>
            <summary>Verdict</summary>
            <pre>{JSON.stringify(entry.verdict, null, 2)}</pre>
          </details>
        )}
      </>
    ),
  },
];

/** What happened to a model's aliases, newest first. */
export function LedgerTab({ name }: { name: string }): ReactNode {
  const [limit, setLimit] = useState(50);
  const ledger = useLedger(name, limit);
  return (
    <Answer of={ledger} what="ledger" rows={5} empty={<Empty title="Nothing yet">The ledger begins with the first alias that is given to a version.</Empty>}>
      {(data) => (
        <>
          <DataTable label={`Ledger of ${name}`} fields={fields} rows={data} rowKey={(entry) => String(entry.number)} />
          {data.length >= limit && limit < 1000 && (
            <div className={styles.more}>
              <Button variant="subtle" loading={ledger.isFetching} onClick={() => setLimit(Math.min(1000, limit * 4))}>
                Show older entries
              </Button>
            </div>
          )}
        </>
      )}
    </Answer>
  );
}

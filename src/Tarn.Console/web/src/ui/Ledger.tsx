import { Button } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Answer, Empty } from "./Answer";
import { DataTable, type TableField } from "./DataTable";
import { Ago, At } from "./Time";
import styles from "./Ledger.module.css";

/** What every entry of a ledger says. */
export interface LedgerRow {
  number: number;
  at: string;
  who: string;
  reason: string;
  verdict?: Record<string, unknown> | null;
}

const most = 1000;

function Verdict({ of: verdict }: { of: LedgerRow["verdict"] }): ReactNode {
  return (
    verdict && (
      <details className={styles.verdict}>
        <summary>Verdict</summary>
        <pre>{JSON.stringify(verdict, null, 2)}</pre>
      </details>
    )
  );
}

/** The columns of a ledger: its number, when, what is its own, who and why. Where there is no room for the last two, they stand below the last of its own. */
export function ledgerFields<T extends LedgerRow>(number: string, own: readonly TableField<T>[]): TableField<T>[] {
  const last = own.at(-1);
  return [
    { key: "number", head: number, right: true, wide: true, cell: (entry) => entry.number },
    {
      key: "at",
      head: "When",
      cell: (entry) => (
        <>
          <span className={styles.wide}>
            <At at={entry.at} />
          </span>
          <div className={styles.under}>
            <Ago at={entry.at} />
          </div>
        </>
      ),
    },
    ...own.slice(0, -1),
    ...(last === undefined
      ? []
      : [
          {
            ...last,
            cell: (entry: T) => (
              <>
                {last.cell(entry)}
                <div className={styles.narrow}>
                  <span className={styles.under}>{entry.who}</span>
                  {entry.reason !== "" && <div>“{entry.reason}”</div>}
                  <Verdict of={entry.verdict} />
                </div>
              </>
            ),
          },
        ]),
    { key: "who", head: "Who", wide: true, cell: (entry) => entry.who },
    {
      key: "why",
      head: "Why",
      wide: true,
      cell: (entry) => (
        <>
          {entry.reason}
          <Verdict of={entry.verdict} />
        </>
      ),
    },
  ];
}

/** How many entries are asked for next; undefined where the last answer had all that there are, or all that are shown. */
export const nextLimit = (shown: number, limit: number): number | undefined => (shown >= limit && limit < most ? Math.min(most, limit * 4) : undefined);

/** What happened to something, newest first, and older entries on demand. */
export function Ledger<T extends LedgerRow>({ name, useEntries, fields, empty }: {
  name: string;
  /** The hook that asks for the entries; the same one as long as the ledger is shown. */
  useEntries: (name: string, limit: number) => UseQueryResult<T[]>;
  fields: readonly TableField<T>[];
  /** What is said where there is no entry yet. */
  empty: string;
}): ReactNode {
  const [limit, setLimit] = useState(50);
  const ledger = useEntries(name, limit);
  return (
    <Answer of={ledger} what="ledger" rows={5} empty={<Empty title="Nothing yet">{empty}</Empty>}>
      {(data) => {
        const next = nextLimit(data.length, limit);
        return (
          <>
            <DataTable label={`Ledger of ${name}`} fields={fields} rows={data} rowKey={(entry) => String(entry.number)} />
            {next !== undefined && (
              <div className={styles.more}>
                <Button variant="subtle" loading={ledger.isFetching} onClick={() => setLimit(next)}>
                  Show older entries
                </Button>
              </div>
            )}
          </>
        );
      }}
    </Answer>
  );
}

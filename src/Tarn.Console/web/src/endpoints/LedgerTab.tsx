import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useEndpointLedger } from "../api/serving";
import type { EndpointLedgerEntry } from "../api/servingTypes";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Ago, At } from "../ui/Time";
import { routeWords } from "./split";
import styles from "./Endpoints.module.css";

const kindWords: Record<string, string> = {
  created: "made",
  route_set: "split",
  deleted: "deleted",
  rollout_started: "rollout started",
  rollout_advanced: "rollout went on",
  rollout_expired: "a stage takes too long",
  rollout_paused: "rollout paused",
  rollout_resumed: "rollout resumed",
  rolled_back: "rolled back",
  rollout_aborted: "rollout aborted",
  rollout_finished: "rollout finished",
};

const fields: TableField<EndpointLedgerEntry>[] = [
  { key: "number", head: "Revision", right: true, wide: true, cell: (entry) => entry.number },
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
  { key: "what", head: "What", cell: (entry) => kindWords[entry.kind] ?? entry.kind.replace(/_/g, " ") },
  {
    key: "split",
    head: "Split",
    cell: (entry) => {
      const [from, to] = [routeWords(entry.from), routeWords(entry.to)];
      return (
        <>
          {from === to ? <span className={styles.under}>stays: {to}</span> : entry.to != null && to}
          {from !== to && entry.from != null && <div className={styles.under}>before: {from}</div>}
          {entry.reason !== "" && <div className={styles.narrow}>“{entry.reason}”</div>}
        </>
      );
    },
  },
  { key: "who", head: "Who", wide: true, cell: (entry) => entry.who },
  {
    key: "why",
    head: "Why",
    wide: true,
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

/** What happened to an endpoint, newest first. */
export function EndpointLedgerTab({ name }: { name: string }): ReactNode {
  const [limit, setLimit] = useState(50);
  const ledger = useEndpointLedger(name, limit);
  return (
    <Answer of={ledger} what="ledger" rows={5} empty={<Empty title="Nothing yet">Every change of the split stands here, with who made it and why.</Empty>}>
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

import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useHistory } from "../api/queries";
import type { Commit } from "../api/types";
import { count } from "../format/numbers";
import { metricWords } from "../format/words";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Ago, At } from "../ui/Time";
import { useUrlState } from "../ui/urlState";
import styles from "./Tables.module.css";

/** Delta writes its counts as text. */
const number = (value: unknown): string => {
  const parsed = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof parsed === "number" && Number.isFinite(parsed) ? count(parsed) : typeof value === "object" ? JSON.stringify(value) : String(value);
};

function Pairs({ values }: { values: readonly (readonly [string, unknown])[] }): ReactNode {
  return (
    <dl className={styles.pairs}>
      {values.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{name.includes("/") ? String(value) : number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The commits of a table, newest first; each leads to the rows as they were. */
export function HistoryTab({ name }: { name: string }): ReactNode {
  const [limit, setLimit] = useState(50);
  const [, setUrl] = useUrlState();
  const history = useHistory(name, limit);
  const fields: TableField<Commit>[] = [
    {
      key: "version",
      head: "Version",
      right: true,
      cell: (commit) => (
        <button type="button" className={styles.linkButton} onClick={() => setUrl({ tab: null, asOf: commit.version, offset: null })} aria-label={`Rows as of version ${commit.version}`}>
          {commit.version}
        </button>
      ),
    },
    {
      key: "time",
      head: "Committed",
      cell: (commit) => (
        <>
          <At at={commit.timestamp} milliseconds />
          <div className={styles.under}>
            <Ago at={commit.timestamp} />
          </div>
        </>
      ),
    },
    { key: "operation", head: "Operation", cell: (commit) => commit.operation.toLowerCase() },
    { key: "metrics", head: "Counts", cell: (commit) => <Pairs values={Object.entries(commit.metrics ?? {}).filter(([, value]) => String(value) !== "0").map(([key, value]) => [metricWords(key), value] as const)} /> },
    { key: "transactions", head: "Progress", wide: true, cell: (commit) => <Pairs values={(commit.transactions ?? []).map((one) => [one.appId, String(one.version)] as const)} /> },
    { key: "by", head: "By", wide: true, cell: (commit) => commit.by ?? "" },
  ];
  return (
    <Answer of={history} what="history" rows={6} empty={<Empty title="No commit yet" />}>
      {(commits) => (
        <>
          <DataTable label={`History of ${name}`} fields={fields} rows={commits} rowKey={(commit) => String(commit.version)} />
          {commits.length >= limit && (
            <div className={styles.more}>
              <Button variant="subtle" loading={history.isFetching} onClick={() => setLimit(limit * 2)}>
                Show older commits
              </Button>
            </div>
          )}
        </>
      )}
    </Answer>
  );
}

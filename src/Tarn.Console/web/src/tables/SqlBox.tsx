import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { post } from "../api/client";
import type { RowSet, TableSummary } from "../api/types";
import { count, plural } from "../format/numbers";
import { duration } from "../format/time";
import { Empty, ErrorNote, Loading } from "../ui/Answer";
import { Panel } from "../ui/Panel";
import { ResultGrid } from "../ui/ResultGrid";
import { Ago } from "../ui/Time";
import { useUrlState } from "../ui/urlState";
import { readHistory, remembered, writeHistory, type PastQuery } from "./queryHistory";
import styles from "./Tables.module.css";

const maxRows = 1_000;

const suggestion = (tables: readonly TableSummary[] | undefined): string => {
  if (tables === undefined) return "";
  const first = tables.find((table) => table.layer === "silver") ?? tables[0];
  return first === undefined ? "select 1 as one" : `select *\nfrom ${first.name}\nlimit 100`;
};

/** One SELECT over the lake's tables: Ctrl+Enter runs it, the answer stands below, what was asked before at the side. Tables that are not known yet are undefined. */
export function SqlBox({ tables }: { tables: readonly TableSummary[] | undefined }): ReactNode {
  const [url, setUrl] = useUrlState();
  const [history, setHistory] = useState(readHistory);
  const [draft, setDraft] = useState<string | null>(url.get("sql"));
  const [asOf, setAsOf] = useState(url.get("asOf") ?? "");
  const sql = draft ?? history[0]?.sql ?? suggestion(tables);

  const remember = (query: PastQuery): void => {
    // Two tabs share one history.
    const next = remembered(readHistory(), query);
    setHistory(next);
    writeHistory(next);
  };
  const run = useMutation({
    mutationFn: (query: { sql: string; asOf?: string }) => post<RowSet>("/query", { ...query, maxRows }),
    onSuccess: (set, query) => remember({ ...query, at: new Date().toISOString(), rows: set.rows.length }),
    onError: (_, query) => remember({ ...query, at: new Date().toISOString(), failed: true }),
  });
  const submit = (): void => {
    if (sql.trim() === "" || run.isPending) return;
    setDraft(sql);
    setUrl({ sql, asOf });
    run.mutate({ sql, asOf: asOf.trim() === "" ? undefined : asOf.trim() });
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      submit();
    }
  };
  const recall = (query: PastQuery): void => {
    setDraft(query.sql);
    setAsOf(query.asOf ?? "");
  };

  return (
    <Panel title="SQL" note="one SELECT over the tables above" flush>
      <div className={styles.sql}>
        <div className={styles.editor}>
          <textarea
            aria-label="SQL"
            aria-describedby="sql-keys"
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            rows={Math.min(16, Math.max(5, sql.split("\n").length + 1))}
            value={sql}
            // Whoever is in the box owns its text: a suggestion that came later would take their selection away.
            onFocus={() => setDraft(sql)}
            onChange={(event) => setDraft(event.currentTarget.value)}
            onKeyDown={keys}
          />
          <div className={styles.sqlBar}>
            <Button size="compact-sm" loading={run.isPending} onClick={submit}>
              Run
            </Button>
            <small id="sql-keys" className="muted">
              <kbd>Ctrl</kbd>+<kbd>Enter</kbd>
            </small>
            <TextInput aria-label="As of a version or a time" placeholder="as of: version or time" value={asOf} onChange={(event) => setAsOf(event.currentTarget.value)} onKeyDown={keys} w={190} ml="auto" />
          </div>
        </div>
        <div className={styles.past}>
          <h3>Your queries</h3>
          {history.length === 0 && <p className="muted">None yet.</p>}
          <ol>
            {history.map((query) => (
              <li key={`${query.at} ${query.sql}`}>
                <button type="button" onClick={() => recall(query)} title={query.sql}>
                  <code>{query.sql.replace(/\s+/g, " ")}</code>
                  <small>
                    <Ago at={query.at} />
                    {query.failed ? ", failed" : query.rows !== undefined && `, ${plural(query.rows, "row")}`}
                    {query.asOf && `, as of ${query.asOf}`}
                  </small>
                </button>
              </li>
            ))}
          </ol>
        </div>
      </div>
      <div aria-live="polite">
        {run.isPending && <Loading rows={3} what="result" />}
        {run.error !== null && <ErrorNote error={run.error} />}
        {run.data !== undefined && !run.isPending && (
          <>
            <p className={styles.outcome}>
              {plural(run.data.rows.length, "row")} in {duration(run.data.elapsedMs)}
              {run.data.truncated && <b> — the first {count(maxRows)} only; the query has more</b>}
            </p>
            {run.data.rows.length === 0 ? <Empty title="The query found no rows" /> : <ResultGrid label="Result" set={run.data} maxHeight={520} />}
          </>
        )}
      </div>
    </Panel>
  );
}

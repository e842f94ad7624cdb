import { Button, Select } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useRuns } from "../api/queries";
import { triggerWords } from "../api/live";
import type { RunSummary } from "../api/types";
import { duration } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Panel } from "../ui/Panel";
import { StateLabel, wordOf } from "../ui/State";
import { Ago, At } from "../ui/Time";
import { useUrlState } from "../ui/urlState";
import styles from "./Pipelines.module.css";

const fields: TableField<RunSummary>[] = [
  {
    key: "state",
    head: "State",
    cell: (run) => (
      <Link href={`/runs/${encodeURIComponent(run.id)}`} className={styles.quietLink}>
        <StateLabel state={run.state} />
      </Link>
    ),
  },
  {
    key: "pipeline",
    head: "Pipeline",
    cell: (run) => (
      <>
        <Link href={`/runs/${encodeURIComponent(run.id)}`}>{run.pipeline}</Link>
        {run.error && <div className={styles.runError} title={run.error}>{run.error}</div>}
      </>
    ),
  },
  { key: "trigger", head: "Trigger", wide: true, cell: (run) => triggerWords(run.trigger) },
  { key: "logicalDate", head: "Logical date", cell: (run) => <At at={run.logicalDate} /> },
  { key: "started", head: "Started", cell: (run) => <Ago at={run.startedAt ?? run.queuedAt} /> },
  { key: "duration", head: "Duration", right: true, cell: (run) => duration(run.durationMs) },
];

/** Runs as a table; of one pipeline without its name. */
export const RunTable = ({ runs, pipeline }: { runs: readonly RunSummary[]; pipeline?: string }): ReactNode => (
  <DataTable label="Runs" fields={pipeline === undefined ? fields : fields.filter((field) => field.key !== "pipeline")} rows={runs} rowKey={(run) => run.id} />
);

const states = ["queued", "running", "success", "failed", "cancelled"];
const triggers = ["scheduled", "manual", "backfill", "catch_up", "data", "repair", "sub_pipeline"];
const step = 25;

/** The runs, newest first, of one pipeline or of all. */
export function RunList({ pipeline, pipelines = [] }: { pipeline?: string; pipelines?: readonly string[] }): ReactNode {
  const [url, setUrl] = useUrlState();
  const [limit, setLimit] = useState(step);
  const state = url.get("state") ?? undefined;
  const chosen = pipeline ?? url.get("pipeline") ?? undefined;
  const trigger = url.get("trigger") ?? undefined;
  const backfill = url.get("backfill") ?? undefined;
  const runs = useRuns({ pipeline: chosen, state, trigger, backfill, limit });
  return (
    <Panel
      title="Runs"
      flush
      actions={
        <>
          {pipeline === undefined && (
            <Select w={190} placeholder="All pipelines" aria-label="Pipeline" clearable data={[...pipelines]} value={chosen ?? null} onChange={(value) => setUrl({ pipeline: value })} />
          )}
          {backfill !== undefined && (
            <span className={styles.chip}>
              of a backfill
              <Button variant="subtle" size="compact-xs" onClick={() => setUrl({ backfill: null })}>
                Show all
              </Button>
            </span>
          )}
          <Select
            w={140}
            placeholder="All triggers"
            aria-label="Trigger"
            clearable
            data={triggers.map((value) => ({ value, label: triggerWords(value) }))}
            value={trigger ?? null}
            onChange={(value) => setUrl({ trigger: value })}
          />
          <Select
            w={130}
            placeholder="All states"
            aria-label="State"
            clearable
            data={states.map((value) => ({ value, label: wordOf(value) }))}
            value={state ?? null}
            onChange={(value) => setUrl({ state: value })}
          />
        </>
      }
    >
      <Answer of={runs} what="runs" rows={6} empty={<Empty title="No runs">{state === undefined && trigger === undefined && backfill === undefined ? "None has been started yet." : "None is like that."}</Empty>}>
        {(rows) => (
          <>
            <RunTable runs={rows} pipeline={pipeline} />
            {rows.length >= limit && (
              <div className={styles.more}>
                <Button variant="subtle" onClick={() => setLimit(limit + 2 * step)} loading={runs.isFetching}>
                  Show older runs
                </Button>
              </div>
            )}
          </>
        )}
      </Answer>
    </Panel>
  );
}

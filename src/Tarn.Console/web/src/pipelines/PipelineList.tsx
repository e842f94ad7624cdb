import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Pipeline } from "../api/types";
import { duration } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { RunBars } from "../ui/RunBars";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { PauseButton } from "./Actions";
import { RunNow } from "./RunNow";
import { nextRunText } from "./schedule";
import styles from "./Pipelines.module.css";

const name: TableField<Pipeline> = {
  key: "name",
  head: "Pipeline",
  cell: (pipeline) => (
    <>
      <Link href={`/pipelines/${encodeURIComponent(pipeline.name)}`} className={styles.name}>
        {pipeline.name}
      </Link>
      <div className={styles.under}>
        <code>{pipeline.schedule ?? "on demand"}</code> {pipeline.schedule && (pipeline.timeZone ?? "UTC")}
      </div>
    </>
  ),
};

const last: TableField<Pipeline> = {
  key: "last",
  head: "Last run",
  cell: ({ paused, lastRuns: [run] }) => (
    <>
      {run === undefined ? <span className="muted">never ran</span> : (
        <Link href={`/runs/${encodeURIComponent(run.id)}`} className={styles.quietLink}>
          <StateLabel state={run.state} />
        </Link>
      )}
      <div className={styles.under}>
        {run !== undefined && (
          <>
            <Ago at={run.endedAt ?? run.startedAt ?? run.queuedAt} />, {duration(run.durationMs)}
          </>
        )}
        {paused && " paused"}
      </div>
    </>
  ),
};

const bars: TableField<Pipeline> = { key: "bars", head: "Last 20 runs", wide: true, cell: (pipeline) => <RunBars runs={pipeline.lastRuns} /> };

const next: TableField<Pipeline> = {
  key: "next",
  head: "Next run",
  cell: (pipeline) => (pipeline.nextRun && !pipeline.paused ? <Ago at={pipeline.nextRun.runAfter} /> : <span className="muted">{nextRunText(pipeline)}</span>),
};

const actions: TableField<Pipeline> = {
  key: "actions",
  head: <span className="visually-hidden">Actions</span>,
  cell: (pipeline) => (
    <div className={styles.actions}>
      <RunNow pipeline={pipeline.name} />
      <PauseButton pipeline={pipeline} />
    </div>
  ),
};

const brief = [name, last, bars, next];
const whole = [name, last, bars, { ...next, wide: true }, actions];

/** The pipelines with the state of their last runs. */
export function PipelineList({ of, brief: isBrief = false }: { of: UseQueryResult<Pipeline[]>; brief?: boolean }): ReactNode {
  return (
    <Answer of={of} what="pipelines" empty={<Empty title="No pipelines">A program declares them with AddPipeline.</Empty>}>
      {(pipelines) => <DataTable label="Pipelines" fields={isBrief ? brief : whole} rows={pipelines} rowKey={(pipeline) => pipeline.name} />}
    </Answer>
  );
}

import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useBackfills } from "../api/queries";
import type { Backfill } from "../api/types";
import { count, plural } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { Ago, At } from "../ui/Time";
import { ActionButton } from "./Actions";
import styles from "./Backfill.module.css";

const enc = encodeURIComponent;

/** How far it has come: each part with its own pattern, and all of it in words. */
function Progress({ of }: { of: Backfill }): ReactNode {
  const total = Math.max(1, of.total);
  const active = Math.max(0, of.made - of.succeeded - of.failed - of.cancelled);
  const done = of.succeeded + of.failed + of.cancelled + of.leftOut;
  const parts = [["good", of.succeeded], ["bad", of.failed], ["rest", of.cancelled + of.leftOut], ["busy", active]] as const;
  const words = [
    `${count(done)} of ${count(of.total)} done`,
    of.failed > 0 && `${count(of.failed)} failed`,
    of.cancelled > 0 && `${count(of.cancelled)} cancelled`,
    of.leftOut > 0 && `${count(of.leftOut)} left out`,
    active > 0 && `${count(active)} active`,
  ].filter((word) => word !== false);
  return (
    <div className={styles.progress}>
      <div className={styles.track} role="progressbar" aria-valuemin={0} aria-valuemax={of.total} aria-valuenow={done} aria-valuetext={words.join(", ")} aria-label={`Backfill ${of.id}`}>
        {parts.map(([tone, value]) => value > 0 && <span key={tone} data-tone={tone} style={{ width: `${(value / total) * 100}%` }} />)}
      </div>
      <small>{words.join(", ")}</small>
    </div>
  );
}

const stale = [["backfills"], ["runs"], ["grid"]];

function Actions({ of }: { of: Backfill }): ReactNode {
  if (of.state !== "running" && of.state !== "paused") return null;
  const path = `/backfills/${enc(of.id)}`;
  return (
    <div className={styles.actions}>
      {of.state === "running" ? <ActionButton text="Pause" path={`${path}/pause`} stale={stale} label={`Pause backfill ${of.id}`} /> : <ActionButton text="Resume" path={`${path}/resume`} stale={stale} label={`Resume backfill ${of.id}`} />}
      <ActionButton text="Cancel" path={`${path}/cancel`} stale={stale} danger label={`Cancel backfill ${of.id}`} />
    </div>
  );
}

const reprocessWords = { none: "without a run", failed: "without a run, and failed", completed: "all" } as const;

const fields: TableField<Backfill>[] = [
  {
    key: "state",
    head: "State",
    cell: (of) => (
      <>
        <StateLabel state={of.state} />
        <div className={styles.under}>
          <Ago at={of.endedAt ?? of.createdAt} />
        </div>
      </>
    ),
  },
  { key: "progress", head: "Progress", cell: (of) => <Progress of={of} /> },
  { key: "actions", head: <span className="visually-hidden">Actions</span>, cell: (of) => <Actions of={of} /> },
  {
    key: "span",
    head: "Intervals that start",
    cell: (of) => (
      <>
        <At at={of.from} /> to <At at={of.to} />
        <div className={styles.under}>
          {reprocessWords[of.reprocess] ?? of.reprocess}, {plural(of.maxActiveRuns, "run")} at a time{of.runBackwards && ", latest first"}
        </div>
      </>
    ),
  },
  {
    key: "runs",
    head: "Runs",
    right: true,
    cell: (of) => <Link href={`/pipelines/${enc(of.pipeline)}?tab=runs&backfill=${enc(of.id)}`}>{plural(of.made, "run")}</Link>,
  },
];

/** The backfills of a pipeline, newest first. */
export function BackfillsTab({ pipeline, chosen }: { pipeline: string; chosen: string | null }): ReactNode {
  const [limit, setLimit] = useState(25);
  const backfills = useBackfills(pipeline, limit);
  return (
    <Answer
      of={backfills}
      what="backfills"
      absent={<Empty title="This server has no backfills">It is older than this console.</Empty>}
      empty={<Empty title="No backfill yet">One runs past data intervals: those that have no run, that failed, or all of them.</Empty>}
    >
      {(data) => (
        <>
          <DataTable label="Backfills" fields={fields} rows={data} rowKey={(of) => of.id} chosen={(of) => of.id === chosen} />
          {data.length >= limit && (
            <div className={styles.more}>
              <Button variant="subtle" loading={backfills.isFetching} onClick={() => setLimit(limit * 2)}>
                Show older backfills
              </Button>
            </div>
          )}
        </>
      )}
    </Answer>
  );
}

import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import type { Attempt, Run, RunTask } from "../api/types";
import { count } from "../format/numbers";
import { duration } from "../format/time";
import { words } from "../format/words";
import { DataTable, type TableField } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { Ago, At } from "../ui/Time";
import { kindWords, withCalls } from "./tasks";
import styles from "./Run.module.css";

interface Line {
  task: RunTask;
  attempt: Attempt | null;
}

/** The counts that a task reported, or other values by name; `plain` leaves the names as they are. */
export function Reported({ values, plain = false }: { values: Record<string, unknown> | null | undefined; plain?: boolean }): ReactNode {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return null;
  return (
    <dl className={styles.reported}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{plain ? name : words(name)}</dt>
          <dd>{typeof value === "number" ? count(value) : typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const fields: TableField<Line>[] = [
  {
    key: "task",
    head: "Task",
    cell: ({ task }) => (
      <>
        <b>{task.name}</b>
        {!task.mappedTask && kindWords[task.kind ?? "task"] !== "" && <span className={styles.under}> {kindWords[task.kind ?? "task"]}</span>}
        {task.itemValue !== undefined && task.itemValue !== null && <code className={`${styles.under} ${styles.value}`}>{JSON.stringify(task.itemValue)}</code>}
        {task.subRun && <div><Link href={`/runs/${encodeURIComponent(task.subRun)}`} onClick={(event) => event.stopPropagation()}>its run</Link></div>}
      </>
    ),
  },
  { key: "number", head: "Attempt", right: true, cell: ({ attempt }) => attempt?.number ?? "" },
  {
    key: "state",
    head: "State",
    cell: ({ task, attempt }) => (
      <>
        <StateLabel state={attempt?.state ?? task.state} />
        {task.retryAt && task.attempts.at(-1) === attempt && (
          <div className={styles.under}>
            again <Ago at={task.retryAt} />
          </div>
        )}
      </>
    ),
  },
  { key: "worker", head: "Node", wide: true, cell: ({ attempt }) => attempt?.worker ?? "" },
  { key: "started", head: "Started", wide: true, cell: ({ attempt }) => attempt && <At at={attempt.startedAt} milliseconds /> },
  { key: "duration", head: "Duration", right: true, cell: ({ attempt }) => attempt && duration(attempt.durationMs) },
  {
    key: "reported",
    head: "Reported",
    cell: ({ task, attempt }) => (
      <>
        {task.note && task.attempts.at(-1)?.number === attempt?.number && <div className={styles.under}>{task.note}</div>}
        {task.result !== undefined && task.result !== null && task.attempts.at(-1) === attempt && <code className={`${styles.under} ${styles.value}`} title={JSON.stringify(task.result).slice(0, 2_000)}>returned {JSON.stringify(task.result).slice(0, 200)}</code>}
        <Reported values={attempt?.reported} />
        {attempt?.error && <div className={styles.attemptError}>{attempt.error}</div>}
      </>
    ),
  },
];

const step = 200;

/** Every attempt of every task, in the order of the tasks. A row chooses whose log is shown. */
export function AttemptTable({ run, task, onTask }: { run: Run; task: string | null; onTask: (task: string | null) => void }): ReactNode {
  const [most, setMost] = useState(step);
  const lines = withCalls(run.tasks).flatMap<Line>((one) => (one.attempts.length === 0 ? [{ task: one, attempt: null }] : one.attempts.map((attempt) => ({ task: one, attempt }))));
  return (
    <>
      <DataTable
        label="Attempts"
        fields={fields}
        rows={lines.slice(0, most)}
        rowKey={(line) => `${line.task.name}/${line.attempt?.number ?? 0}`}
        chosen={(line) => line.task.name === task || (task !== null && line.task.mappedTask === task)}
        onRow={(line) => onTask(line.task.name === task ? null : line.task.name)}
      />
      {lines.length > most && (
        <div className={styles.more}>
          <Button variant="subtle" onClick={() => setMost(most * 4)}>
            Show more of {count(lines.length)} attempts
          </Button>
        </div>
      )}
    </>
  );
}

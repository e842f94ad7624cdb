import type { ReactNode } from "react";
import type { Attempt, Run, RunTask } from "../api/types";
import { count } from "../format/numbers";
import { duration } from "../format/time";
import { words } from "../format/words";
import { DataTable, type TableField } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { Ago, At } from "../ui/Time";
import styles from "./Run.module.css";

interface Line {
  task: RunTask;
  attempt: Attempt | null;
}

/** The counts that a task reported, as name and value. */
export function Reported({ values }: { values: Record<string, unknown> | null | undefined }): ReactNode {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return null;
  return (
    <dl className={styles.reported}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd>{typeof value === "number" ? count(value) : typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const fields: TableField<Line>[] = [
  { key: "task", head: "Task", cell: ({ task }) => <b>{task.name}</b> },
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
  { key: "started", head: "Started", wide: true, cell: ({ attempt }) => attempt && <At at={attempt.startedAt} milliseconds /> },
  { key: "duration", head: "Duration", right: true, cell: ({ attempt }) => attempt && duration(attempt.durationMs) },
  {
    key: "reported",
    head: "Reported",
    cell: ({ attempt }) => (
      <>
        <Reported values={attempt?.reported} />
        {attempt?.error && <div className={styles.attemptError}>{attempt.error}</div>}
      </>
    ),
  },
];

/** Every attempt of every task, in the order of the tasks. A row chooses whose log is shown. */
export function AttemptTable({ run, task, onTask }: { run: Run; task: string | null; onTask: (task: string | null) => void }): ReactNode {
  const lines = run.tasks.flatMap<Line>((one) => (one.attempts.length === 0 ? [{ task: one, attempt: null }] : one.attempts.map((attempt) => ({ task: one, attempt }))));
  return (
    <DataTable
      label="Attempts"
      fields={fields}
      rows={lines}
      rowKey={(line) => `${line.task.name}/${line.attempt?.number ?? 0}`}
      chosen={(line) => line.task.name === task}
      onRow={(line) => onTask(line.task.name === task ? null : line.task.name)}
    />
  );
}

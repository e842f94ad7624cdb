import { Button, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { post } from "../api/client";
import type { Pipeline, RunSummary } from "../api/types";
import styles from "./Pipelines.module.css";

const enc = encodeURIComponent;

/** A button whose request's error stands beside it. */
export function ActionButton({ text, label, path, stale, danger = false, onDone }: {
  text: string;
  label?: string;
  path: string;
  stale: readonly string[][];
  danger?: boolean;
  onDone?: (answer: unknown) => void;
}): ReactNode {
  const queries = useQueryClient();
  const action = useMutation({
    mutationFn: () => post<unknown>(path),
    onSuccess: async (answer) => {
      onDone?.(answer);
      await Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
  return (
    <span className={styles.action}>
      <Button variant="default" size="compact-sm" aria-label={label} c={danger ? "var(--bad)" : undefined} loading={action.isPending} onClick={() => action.mutate()}>
        {text}
      </Button>
      {action.error !== null && (
        <small role="alert" className={styles.failed}>
          {action.error.message}
        </small>
      )}
    </span>
  );
}

export const PauseButton = ({ pipeline }: { pipeline: Pick<Pipeline, "name" | "paused"> }): ReactNode => (
  <ActionButton
    text={pipeline.paused ? "Resume" : "Pause"}
    label={`${pipeline.paused ? "Resume" : "Pause"} ${pipeline.name}`}
    path={`/pipelines/${enc(pipeline.name)}/${pipeline.paused ? "resume" : "pause"}`}
    stale={[["pipelines"]]}
  />
);

/** The schedule on or off; the same as {@link PauseButton}, where there is room for words. */
export function PauseSwitch({ pipeline }: { pipeline: Pick<Pipeline, "name" | "paused"> }): ReactNode {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (paused: boolean) => post<unknown>(`/pipelines/${enc(pipeline.name)}/${paused ? "pause" : "resume"}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["pipelines"] }),
  });
  return (
    <span className={styles.action}>
      <Switch label="Paused" checked={change.isPending ? change.variables : pipeline.paused} disabled={change.isPending} onChange={(event) => change.mutate(event.currentTarget.checked)} />
      {change.error !== null && (
        <small role="alert" className={styles.failed}>
          {change.error.message}
        </small>
      )}
    </span>
  );
}

/** Cancel while a run is under way, retry after it failed or was cancelled. */
export function RunActions({ run, onRetried }: { run: Pick<RunSummary, "id" | "state">; onRetried?: (run: RunSummary) => void }): ReactNode {
  const stale = [["run", run.id], ["runs"], ["pipelines"], ["grid"]];
  if (run.state === "queued" || run.state === "running") return <ActionButton text="Cancel run" path={`/runs/${enc(run.id)}/cancel`} stale={stale} danger />;
  if (run.state === "failed" || run.state === "cancelled") {
    return <ActionButton text="Retry run" path={`/runs/${enc(run.id)}/retry`} stale={stale} onDone={(answer) => onRetried?.(answer as RunSummary)} />;
  }
  return null;
}

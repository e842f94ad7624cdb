import { Button, Modal, NumberInput, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useLocation } from "wouter";
import { post } from "../api/client";
import type { Backfill, BackfillPreview, BackfillRequest, IntervalCounts, Reprocess } from "../api/types";
import { count, plural } from "../format/numbers";
import { fromInput } from "../format/time";
import { ErrorNote } from "../ui/Answer";
import { useZone } from "../ui/settings";
import { At } from "../ui/Time";
import styles from "./Backfill.module.css";

const choices: { value: Reprocess; label: string }[] = [
  { value: "none", label: "Without a run" },
  { value: "failed", label: "And failed" },
  { value: "completed", label: "All" },
];

const stateWords: [keyof IntervalCounts, string][] = [["none", "without a run"], ["success", "succeeded before"], ["failed", "failed before"], ["cancelled", "cancelled before"]];

function Counts({ of, title }: { of: IntervalCounts; title: string }): ReactNode {
  const lines = stateWords.flatMap(([state, words]) => ((of[state] ?? 0) > 0 ? [`${count(of[state])} ${words}`] : []));
  return (
    <div>
      <dt>{title}</dt>
      <dd>{lines.length === 0 ? "none" : lines.join(", ")}</dd>
    </div>
  );
}

const sum = (of: IntervalCounts): number => stateWords.reduce((all, [state]) => all + (of[state] ?? 0), 0);

/** What the backfill would do, before it does it. */
export function Preview({ of }: { of: BackfillPreview }): ReactNode {
  const total = of.total ?? sum(of.toRun);
  return (
    <div className={styles.preview} role="status">
      <strong>{total === 0 ? "It would run nothing." : `It runs ${plural(total, "interval")}.`}</strong>
      <dl>
        <Counts of={of.toRun} title="To run" />
        {of.first && of.last && (
          <div>
            <dt>First and last</dt>
            <dd>
              <At at={of.first.start} /> to <At at={of.last.end} />
            </dd>
          </div>
        )}
        {sum(of.leftOut) > 0 && <Counts of={of.leftOut} title="Left out, by what became of them" />}
        {of.active > 0 && (
          <div>
            <dt>Left out, under way</dt>
            <dd>{plural(of.active, "interval")} with a run that has not ended</dd>
          </div>
        )}
        {of.firstNotEnded && (
          <div>
            <dt>Left out, not ended yet</dt>
            <dd>
              those from <At at={of.firstNotEnded.start} /> on
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}

/** Asks what to run, shows what that means, and starts it. */
export function BackfillButton({ pipeline }: { pipeline: string }): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={() => setOpen(true)}>
        Backfill
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Backfill ${pipeline}`} size="lg" centered>
        <BackfillForm pipeline={pipeline} onStarted={() => setOpen(false)} />
      </Modal>
    </>
  );
}

function BackfillForm({ pipeline, onStarted }: { pipeline: string; onStarted: () => void }): ReactNode {
  const zone = useZone();
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [form, setForm] = useState({ from: "", to: "", reprocess: "none" as Reprocess, maxActiveRuns: 10, runBackwards: false });
  const [from, to] = [fromInput(form.from, zone), fromInput(form.to, zone)];
  const request: BackfillRequest = { ...form, from: from ?? "", to: to ?? "" };
  const path = `/pipelines/${encodeURIComponent(pipeline)}/backfills`;
  const preview = useMutation({ mutationFn: () => post<BackfillPreview>(path, { ...request, dryRun: true }) });
  const start = useMutation({
    mutationFn: () => post<Backfill>(path, { ...request, dryRun: false }),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["backfills"] });
      onStarted();
      go(`/pipelines/${encodeURIComponent(pipeline)}?tab=backfills&backfill=${encodeURIComponent(made.id)}`);
    },
  });
  const change = (patch: Partial<typeof form>): void => {
    setForm({ ...form, ...patch });
    // What was shown is no longer what would be started.
    preview.reset();
    start.reset();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    preview.mutate();
  };
  const error = preview.error ?? start.error;
  const inZone = zone === "utc" ? "UTC" : "local time";
  const total = preview.data === undefined ? 0 : (preview.data.total ?? sum(preview.data.toRun));
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.pair}>
        <TextInput type="datetime-local" step={1} required label={`From (${inZone})`} value={form.from} onChange={(event) => change({ from: event.currentTarget.value })} />
        <TextInput type="datetime-local" step={1} required label={`To, not included (${inZone})`} value={form.to} onChange={(event) => change({ to: event.currentTarget.value })} />
      </div>
      <fieldset className={styles.choice}>
        <legend>Which intervals, by what became of them</legend>
        <SegmentedControl fullWidth data={choices} value={form.reprocess} onChange={(value) => change({ reprocess: value as Reprocess })} />
      </fieldset>
      <div className={styles.pair}>
        <NumberInput label="Active runs at most" min={1} max={1000} value={form.maxActiveRuns} onChange={(value) => change({ maxActiveRuns: Number(value) || 1 })} />
        <Switch className={styles.switch} label="Run the latest first" checked={form.runBackwards} onChange={(event) => change({ runBackwards: event.currentTarget.checked })} />
      </div>
      {error !== null && <ErrorNote error={error} />}
      {preview.data !== undefined && <Preview of={preview.data} />}
      <div className={styles.buttons}>
        <Button type="submit" variant={preview.data === undefined ? "filled" : "default"} loading={preview.isPending} disabled={from === null || to === null}>
          Show what it runs
        </Button>
        {preview.data !== undefined && (
          <Button type="button" loading={start.isPending} disabled={total === 0} onClick={() => start.mutate()}>
            Start backfill
          </Button>
        )}
      </div>
    </form>
  );
}

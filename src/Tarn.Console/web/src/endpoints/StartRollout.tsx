import { Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { post } from "../api/client";
import type { Endpoint, Rollout, RolloutMetric } from "../api/servingTypes";
import { ErrorNote } from "../ui/Answer";
import { startBody, startDraft, startFaults, type StartDraft } from "./rollout";
import { useTargetOptions, withChosen } from "./targets";
import styles from "./Endpoints.module.css";

const metrics: { name: RolloutMetric; label: string; unit: string }[] = [
  { name: "errors", label: "Errors", unit: "points more than the control, at most" },
  { name: "slow_answers", label: "Slow answers", unit: "points more, slow being over the control’s p95" },
  { name: "negative_feedback", label: "Negative feedback", unit: "points more than the control, at most" },
  { name: "disagreement", label: "Disagreement with the champion", unit: "% of the answers, at most; needs the canary as a shadow" },
];

/** The plan of a rollout, with what is usual filled in. */
export function StartRollout({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const options = useTargetOptions(endpoint.model);
  const queries = useQueryClient();
  const hasFeedback = endpoint.variants.some((variant) => variant.counts.positive + variant.counts.negative > 0);
  const [draft, setDraft] = useState<StartDraft>(() => startDraft("", hasFeedback));
  const [tried, setTried] = useState(false);
  const edit = (patch: Partial<StartDraft>): void => setDraft({ ...draft, ...patch });
  const faults = startFaults(draft);
  const fault = (field: string): string | undefined => (tried ? faults.get(field) : undefined);
  const control = endpoint.variants.find((variant) => variant.share === 1);
  const start = useMutation({
    mutationFn: () => post<Rollout>(`/endpoints/${encodeURIComponent(endpoint.name)}/rollout`, { ...startBody(draft, endpoint.revision), ...(control === undefined ? {} : { control: control.name }) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["endpoints"] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (faults.size === 0) start.mutate();
  };
  if (control === undefined) {
    return (
      <div className={styles.part}>
        <h3>Start a rollout</h3>
        <p>A rollout compares a new version with the one variant that has all requests. Give one variant all of them in the split, then come back.</p>
      </div>
    );
  }
  return (
    <form className={styles.part} onSubmit={submit}>
      <h3>Start a rollout</h3>
      <p className={styles.under}>
        A new version gets more and more of the requests. At each stage sequential tests compare it with {control.name}; it goes on where they show that it is safe, and back at once where they show harm.
      </p>
      <div className={styles.fields}>
        <Select
          label="Canary"
          description="The version that is to take over"
          placeholder="version or alias"
          searchable
          data={withChosen(options.filter((option) => option.value !== "champion" && option.value !== String(control.version ?? "")), draft.canary)}
          value={draft.canary === "" ? null : draft.canary}
          error={fault("canary")}
          nothingFoundMessage="The model has no other version"
          onChange={(value) => edit({ canary: value ?? "" })}
        />
        <TextInput label="Stages" description="The canary’s share in percent" value={draft.stages} error={fault("stages")} onChange={(event) => edit({ stages: event.currentTarget.value })} />
        <NumberInput label="Requests per stage" description="Of the canary, before it may go on" min={1} hideControls thousandSeparator="," value={draft.samples} error={fault("samples")} onChange={(samples) => edit({ samples })} />
        <NumberInput label="Hours per stage" description="At most" min={0} hideControls value={draft.hours} error={fault("hours")} onChange={(hours) => edit({ hours })} />
        <Select
          label="In the end"
          data={[{ value: "promote_champion", label: "it becomes the champion" }, { value: "keep_canary", label: "it keeps all requests, no alias changes" }]}
          value={draft.onSuccess}
          allowDeselect={false}
          onChange={(value) => edit({ onSuccess: value as StartDraft["onSuccess"] })}
        />
        <Select
          label="When a stage takes too long"
          data={[{ value: "hold", label: "it stays, and an alert is raised" }, { value: "roll_back", label: "it goes back" }]}
          value={draft.onExpiry}
          allowDeselect={false}
          onChange={(value) => edit({ onExpiry: value as StartDraft["onExpiry"] })}
        />
      </div>
      <fieldset className={styles.metrics}>
        <legend>What is compared</legend>
        {metrics.map(({ name, label, unit }) => {
          const metric = draft.metrics[name];
          const set = (patch: Partial<typeof metric>): void => edit({ metrics: { ...draft.metrics, [name]: { ...metric, ...patch } } });
          return (
            <div key={name}>
              <Switch label={label} checked={metric.on} onChange={(event) => set({ on: event.currentTarget.checked })} />
              {metric.on && (
                <>
                  <NumberInput aria-label={`Margin of ${label.toLowerCase()}`} min={0} max={50} hideControls value={metric.percent} error={fault(name)} onChange={(percent) => set({ percent })} />
                  <small>{unit}</small>
                </>
              )}
            </div>
          );
        })}
        {fault("metrics") !== undefined && <p className={styles.fault}>{fault("metrics")}</p>}
      </fieldset>
      <TextInput label="Reason" description="It stands in the ledger." value={draft.reason} onChange={(event) => edit({ reason: event.currentTarget.value })} />
      {start.error !== null && <ErrorNote error={start.error} />}
      <div>
        <Button type="submit" loading={start.isPending}>
          Start the rollout
        </Button>
      </div>
    </form>
  );
}

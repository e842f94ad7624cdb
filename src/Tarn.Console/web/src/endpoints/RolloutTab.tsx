import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { post } from "../api/client";
import { useRollouts } from "../api/serving";
import type { Endpoint, Rollout } from "../api/servingTypes";
import { count } from "../format/numbers";
import { duration } from "../format/time";
import { Answer, ErrorNote } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { Ago, At } from "../ui/Time";
import { canaryWords, comparedAt, endWords, rolloutSays, stepsOf } from "./rollout";
import { RolloutTests } from "./RolloutTests";
import { StartRollout } from "./StartRollout";
import styles from "./Endpoints.module.css";

/** The canary's shares as steps, with how far it has come in the present one. */
function Steps({ rollout }: { rollout: Rollout }): ReactNode {
  const progress = Math.min(1, rollout.canaryRequests / Math.max(1, rollout.minSamplesPerStage));
  return (
    <ol className={styles.steps} aria-label="Stages">
      {stepsOf(rollout).map((step) => (
        <li key={step.percent} data-state={step.state} data-ended={!rolloutSays(rollout) || undefined} aria-current={step.state === "now" ? "step" : undefined}>
          <b>{step.percent} %</b>
          <span>
            <i style={{ width: step.state === "done" ? "100%" : step.state === "now" ? `${progress * 100}%` : 0 }} />
          </span>
          <small>{step.state === "done" ? "passed" : step.state === "now" ? (rolloutSays(rollout) ? "now" : "came this far") : rolloutSays(rollout) ? "to come" : "not reached"}</small>
        </li>
      ))}
    </ol>
  );
}

/** Pause, resume, abort; with a reason. */
function RolloutActions({ rollout }: { rollout: Rollout }): ReactNode {
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const act = useMutation({
    mutationFn: (verb: "pause" | "resume" | "abort") => post<Rollout>(`/endpoints/${encodeURIComponent(rollout.endpoint)}/rollout/${verb}`, { reason }),
    onSuccess: () => {
      setReason("");
      return queries.invalidateQueries({ queryKey: ["endpoints"] });
    },
  });
  const pending = (verb: string): boolean => act.isPending && act.variables === verb;
  return (
    <>
      <div className={styles.saving}>
        <TextInput label="Reason" description="Of a pause, a resumption or an abort; it stands in the ledger." value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <div className={styles.buttons}>
          {rollout.status === "running" && (
            <Button variant="default" loading={pending("pause")} onClick={() => act.mutate("pause")}>
              Pause
            </Button>
          )}
          {rollout.status === "paused" && (
            <Button loading={pending("resume")} onClick={() => act.mutate("resume")}>
              Resume
            </Button>
          )}
          <Button variant="default" c="var(--bad)" loading={pending("abort")} onClick={() => act.mutate("abort")}>
            Abort: everything back to {rollout.control}
          </Button>
        </div>
      </div>
      {act.error !== null && <ErrorNote error={act.error} />}
    </>
  );
}

/** A rollout as it stands: stages, evidence, why. */
function RolloutView({ rollout }: { rollout: Rollout }): ReactNode {
  const isOn = rolloutSays(rollout);
  const lasts = rollout.maxStageMinutes * 60_000;
  return (
    <div className={styles.part}>
      <div className={styles.rolloutHead}>
        <h3>
          {canaryWords(rollout)} against {rollout.control}
        </h3>
        <StateLabel state={rollout.status} />
        <span className={styles.under}>
          rollout {rollout.id}, started <Ago at={rollout.startedAt} />
          {rollout.endedAt != null && (
            <>
              , ended <Ago at={rollout.endedAt} />
            </>
          )}
        </span>
      </div>
      {(rollout.reason != null || !isOn) && (
        <p className={rollout.status === "rolled_back" ? styles.warning : undefined}>
          {rollout.reason} {!isOn && endWords(rollout)}
        </p>
      )}
      <Steps rollout={rollout} />
      <p className={styles.under}>
        {rollout.stage === rollout.stages.length - 1 ? `At ${comparedAt(rollout)} %, the last share at which the two were compared,` : "In this stage"} the canary answered {count(rollout.canaryRequests)} and the control {count(rollout.controlRequests)} requests.
        {isOn && (
          <>
            {" "}
            {count(rollout.minSamplesPerStage)} of the canary are needed before it goes on. The stage began <Ago at={rollout.stageStartedAt} /> and may take {duration(lasts)},{" "}
            {rollout.onExpiry === "roll_back" ? "after which it goes back" : "after which it stays as it is and an alert is raised"}. In the end {canaryWords(rollout)}{" "}
            {rollout.onSuccess === "promote_champion" ? "becomes the model’s champion" : "keeps all requests under its own name; no alias changes"}.
          </>
        )}
      </p>
      {rollout.isExpired === true && isOn && <p className={styles.warning}>This stage takes longer than it may: there is too little evidence to go on or back.</p>}
      <RolloutTests rollout={rollout} />
      {isOn && rollout.status !== "promoting" && <RolloutActions rollout={rollout} />}
    </div>
  );
}

const fields: TableField<Rollout>[] = [
  { key: "id", head: "Rollout", right: true, cell: (one) => one.id },
  { key: "canary", head: "Canary", cell: (one) => <span className={styles.word}>{canaryWords(one)}</span> },
  { key: "status", head: "Status", cell: (one) => <StateLabel state={one.status} /> },
  { key: "stage", head: "Came to", right: true, cell: (one) => `${one.status === "finished" ? 100 : one.stages[one.stage]} %` },
  { key: "started", head: "Started", wide: true, cell: (one) => <At at={one.startedAt} /> },
  { key: "took", head: "Took", right: true, wide: true, cell: (one) => (one.endedAt == null ? "" : duration(Date.parse(one.endedAt) - Date.parse(one.startedAt))) },
  { key: "reason", head: "Why", wide: true, cell: (one) => one.reason },
];

/** What the rollout before came to: whoever watched it looks for that, and not for the next one's form. */
export function LastRollout({ rollout }: { rollout: Rollout }): ReactNode {
  return (
    <div className={styles.last} data-tone={rollout.status === "rolled_back" ? "warn" : undefined} role="status">
      <div className={styles.rolloutHead}>
        <b>
          Last rollout: {canaryWords(rollout)} against {rollout.control}
        </b>
        <StateLabel state={rollout.status} />
        <span className={styles.under}>
          <Ago at={rollout.endedAt} />
        </span>
      </div>
      <p>
        {rollout.reason} {endWords(rollout)}
      </p>
    </div>
  );
}

/** The rollout that goes on, or the form that starts one; and those that ended. */
export function RolloutTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const rollouts = useRollouts(endpoint.name);
  const [shown, setShown] = useState<number | null>(null);
  const last = rolloutSays(endpoint.rollout) ? undefined : rollouts.data?.find((one) => !rolloutSays(one));
  return (
    <>
      {last !== undefined && <LastRollout rollout={last} />}
      {rolloutSays(endpoint.rollout) ? <RolloutView rollout={endpoint.rollout} /> : <StartRollout endpoint={endpoint} />}
      <Answer of={rollouts} what="rollouts" rows={3}>
        {(data) => {
          const ended = data.filter((one): boolean => !rolloutSays(one));
          const chosen = ended.find((one) => one.id === shown);
          return (
            ended.length > 0 && (
              <div className={styles.history}>
                <h3>Earlier rollouts</h3>
                <DataTable label="Earlier rollouts" fields={fields} rows={ended} rowKey={(one) => String(one.id)} onRow={(one) => setShown(one.id === shown ? null : one.id)} chosen={(one) => one.id === shown} />
                {chosen !== undefined && <RolloutView rollout={chosen} />}
              </div>
            )
          );
        }}
      </Answer>
    </>
  );
}

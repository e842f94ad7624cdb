import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useLocation } from "wouter";
import { post } from "../api/client";
import { usePipeline } from "../api/queries";
import type { Pipeline, RunSummary } from "../api/types";
import { fromInput } from "../format/time";
import { Answer, ErrorNote } from "../ui/Answer";
import { useZone } from "../ui/settings";
import { ParameterInput } from "./ParameterInput";
import { fieldOf, readForm, serverErrors } from "./parameterForm";
import styles from "./Pipelines.module.css";

/** Starts a run: at once, or for the interval that ended at or before a logical date, with parameters where the pipeline has some. Leads to the run. */
export function RunNow({ pipeline, primary = false }: { pipeline: string; primary?: boolean }): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant={primary ? "filled" : "default"} size="compact-sm" aria-label={`Run ${pipeline} now`} onClick={() => setOpen(true)}>
        Run now
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Run ${pipeline}`} centered>
        <RunDialog name={pipeline} onStarted={() => setOpen(false)} />
      </Modal>
    </>
  );
}

function RunDialog({ name, onStarted }: { name: string; onStarted: () => void }): ReactNode {
  const pipeline = usePipeline(name);
  return (
    <Answer of={pipeline} what="pipeline" rows={3}>
      {(data) => <RunForm pipeline={data} onStarted={onStarted} />}
    </Answer>
  );
}

function RunForm({ pipeline, onStarted }: { pipeline: Pipeline; onStarted: () => void }): ReactNode {
  const [date, setDate] = useState("");
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [submitted, setSubmitted] = useState(false);
  const zone = useZone();
  const queries = useQueryClient();
  const [, go] = useLocation();
  const fields = (pipeline.parameters ?? []).map(fieldOf);
  const form = readForm(fields, texts);
  const start = useMutation({
    mutationFn: () =>
      post<RunSummary>(`/pipelines/${encodeURIComponent(pipeline.name)}/runs`, { logicalDate: fromInput(date, zone) ?? undefined, ...(fields.length === 0 ? {} : { parameters: form.values }) }),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      void queries.invalidateQueries({ queryKey: ["pipelines"] });
      onStarted();
      go(`/runs/${encodeURIComponent(run.id)}`);
    },
  });
  const told = start.error === null ? {} : serverErrors(start.error.message, fields.map((field) => field.name));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setSubmitted(true);
    if (Object.keys(form.errors).length === 0) start.mutate();
  };
  return (
    <form className={styles.runNow} onSubmit={submit} noValidate>
      {fields.map((field) => (
        <ParameterInput
          key={field.name}
          field={field}
          value={texts[field.name] ?? field.initial}
          error={(submitted ? form.errors[field.name] : undefined) ?? told[field.name]}
          onChange={(text) => {
            setTexts({ ...texts, [field.name]: text });
            if (start.error !== null) start.reset();
          }}
        />
      ))}
      <TextInput
        type="datetime-local"
        step={1}
        label={`Logical date (${zone === "utc" ? "UTC" : "local time"})`}
        description="Empty: the latest complete data interval."
        value={date}
        onChange={(event) => setDate(event.currentTarget.value)}
      />
      {start.error !== null && Object.keys(told).length === 0 && <ErrorNote error={start.error} />}
      <Button type="submit" loading={start.isPending}>
        Start run
      </Button>
    </form>
  );
}

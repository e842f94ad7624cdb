import { Button, Popover, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useLocation } from "wouter";
import { post } from "../api/client";
import type { RunSummary } from "../api/types";
import { fromInput } from "../format/time";
import { ErrorNote } from "../ui/Answer";
import { useZone } from "../ui/settings";
import styles from "./Pipelines.module.css";

/** Starts a run: at once, or for the interval that ended at or before a logical date. Leads to the run. */
export function RunNow({ pipeline, primary = false }: { pipeline: string; primary?: boolean }): ReactNode {
  const [open, setOpen] = useState(false);
  const [date, setDate] = useState("");
  const zone = useZone();
  const queries = useQueryClient();
  const [, go] = useLocation();
  const start = useMutation({
    mutationFn: () => post<RunSummary>(`/pipelines/${encodeURIComponent(pipeline)}/runs`, { logicalDate: fromInput(date, zone) ?? undefined }),
    onSuccess: (run) => {
      setOpen(false);
      void queries.invalidateQueries({ queryKey: ["runs"] });
      void queries.invalidateQueries({ queryKey: ["pipelines"] });
      go(`/runs/${encodeURIComponent(run.id)}`);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus withArrow shadow="md">
      <Popover.Target>
        <Button variant={primary ? "filled" : "default"} size="compact-sm" aria-label={`Run ${pipeline} now`} onClick={() => setOpen(!open)}>
          Run now
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form className={styles.runNow} onSubmit={submit}>
          <TextInput
            type="datetime-local"
            step={1}
            label={`Logical date (${zone === "utc" ? "UTC" : "local time"})`}
            description="Empty: the latest complete data interval."
            value={date}
            onChange={(event) => setDate(event.currentTarget.value)}
          />
          {start.error !== null && <ErrorNote error={start.error} />}
          <Button type="submit" loading={start.isPending}>
            Start run
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

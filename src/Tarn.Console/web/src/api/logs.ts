import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { get, withQuery } from "./client";
import type { LogLine } from "./types";

const page = 1_000;
const againMs = 2_000;
const enc = encodeURIComponent;

export interface LogFilter {
  task?: string;
  attempt?: number;
}

/** The lines with more of them behind: what is there already is not taken twice. Pure. */
export function appended(lines: readonly LogLine[], more: readonly LogLine[]): LogLine[] {
  const last = lines.at(-1)?.seq ?? -1;
  const fresh = more.filter((line) => line.seq > last);
  return fresh.length === 0 ? (lines as LogLine[]) : [...lines, ...fresh];
}

/**
 * The lines of a run's log: what is there already stays, only what came after it is asked for. While the run is under way they arrive by the
 * stream of its log; where that cannot be had, they are asked for now and then.
 */
export function useLogs(id: string, filter: LogFilter, live: boolean): UseQueryResult<LogLine[]> {
  const queries = useQueryClient();
  const { task, attempt } = filter;
  const query = useQuery({
    queryKey: ["logs", id, { task, attempt }],
    queryFn: async ({ signal, queryKey }) => {
      let lines = queries.getQueryData<LogLine[]>(queryKey) ?? [];
      for (;;) {
        const more = await get<LogLine[]>(`/runs/${enc(id)}/logs`, { task, attempt, after: lines.at(-1)?.seq, limit: page }, signal);
        // The stream may have been quicker.
        lines = appended(queries.getQueryData<LogLine[]>(queryKey) ?? lines, more);
        if (more.length < page) return lines;
      }
    },
  });

  const ready = query.data !== undefined;
  useEffect(() => {
    if (!live || !ready) return;
    const queryKey = ["logs", id, { task, attempt }];
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const open = (): void => {
      const after = queries.getQueryData<LogLine[]>(queryKey)?.at(-1)?.seq;
      const opened = new EventSource(`/api/v1${withQuery(`/runs/${enc(id)}/logs/stream`, { task, attempt, after })}`);
      source = opened;
      let waiting: LogLine[] = [];
      let flush: ReturnType<typeof setTimeout> | undefined;
      // A loud task writes thousands of lines a second: they are shown in steps.
      const take = (message: MessageEvent<string>): void => {
        waiting.push(JSON.parse(message.data) as LogLine);
        flush ??= setTimeout(() => {
          flush = undefined;
          const more = waiting;
          waiting = [];
          queries.setQueryData<LogLine[]>(queryKey, (lines) => appended(lines ?? [], more));
        }, 100);
      };
      for (const name of ["message", "line", "log"]) opened.addEventListener(name, take);
      opened.addEventListener("end", () => opened.close());
      opened.onerror = () => {
        opened.close();
        again = setTimeout(() => void queries.refetchQueries({ queryKey, exact: true }).finally(open), againMs);
      };
    };
    open();
    return () => {
      clearTimeout(again);
      source?.close();
      source = undefined;
      // What the stream had still to bring is asked for.
      void queries.invalidateQueries({ queryKey, exact: true });
    };
  }, [queries, id, task, attempt, live, ready]);

  return query;
}

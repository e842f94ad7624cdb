import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { get } from "../api/client";
import type { Pipeline, Run } from "../api/types";
import { clock } from "../format/time";
import { useNow } from "../ui/clock";
import { useZone } from "../ui/settings";
import { StateMark, wordOf } from "../ui/State";
import styles from "./Pipelines.module.css";

const shownRuns = 12;

/** Tasks down, runs across: which task of which run failed, at a glance. */
export function TaskGrid({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const zone = useZone();
  const now = useNow(60);
  const runs = pipeline.lastRuns.slice(0, shownRuns).reverse();
  const details = useQueries({
    queries: runs.map((run) => ({
      queryKey: ["run", run.id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Run>(`/runs/${encodeURIComponent(run.id)}`, {}, signal),
      // A run that ended does not change; if it is tried again, an event says so.
      staleTime: run.endedAt ? Infinity : 2_000,
    })),
  });
  return (
    <div className={styles.gridScroll} role="group" aria-label="Tasks of the last runs" tabIndex={0}>
      <table className={styles.grid}>
        <thead>
          <tr>
            <th scope="col">Task</th>
            {runs.map((run) => (
              <th scope="col" key={run.id}>
                <Link href={`/runs/${encodeURIComponent(run.id)}`} aria-label={`Run of ${run.logicalDate}: ${wordOf(run.state)}`}>
                  {clock(run.logicalDate, zone, now).replace(/^(\d\d:\d\d):\d\d$/, "$1")}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {pipeline.tasks.map((task) => (
            <tr key={task.name}>
              <th scope="row">{task.name}</th>
              {runs.map((run, index) => {
                const found = details[index]?.data?.tasks.find((one) => one.name === task.name);
                const tries = found?.attempts.length ?? 0;
                return (
                  <td key={run.id}>
                    {found !== undefined && (
                      <Link href={`/runs/${encodeURIComponent(run.id)}?task=${encodeURIComponent(task.name)}`} title={`${wordOf(found.state)}${tries > 1 ? `, ${tries} attempts` : ""}`}>
                        <StateMark state={found.state} label />
                        {tries > 1 && <sup>{tries}</sup>}
                      </Link>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

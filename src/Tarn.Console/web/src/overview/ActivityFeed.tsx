import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { Link } from "wouter";
import { get } from "../api/client";
import { initialLive, reduceLive, type Activity } from "../api/live";
import { useLive } from "../api/stream";
import type { RunSummary } from "../api/types";
import { Empty } from "../ui/Answer";
import { StateMark } from "../ui/State";
import { Ago } from "../ui/Time";
import styles from "./Overview.module.css";

/** The runs that ended before the page was opened, told as the stream would have told them. */
function useEarlier(): readonly Activity[] {
  const runs = useQuery({ queryKey: ["runs", "activity"], staleTime: Infinity, queryFn: ({ signal }) => get<RunSummary[]>("/runs", { limit: 12 }, signal) });
  return useMemo(
    () => [...(runs.data ?? [])].reverse().reduce((state, run) => reduceLive(state, { type: "event", name: "run", data: run, at: run.queuedAt }), initialLive).activity,
    [runs.data],
  );
}

/** What happens, newest first. */
export function ActivityFeed(): ReactNode {
  const { activity } = useLive();
  const earlier = useEarlier();
  const heard = new Set(activity.map((line) => line.href));
  const lines = [...activity, ...earlier.filter((line) => !heard.has(line.href)).map((line) => ({ ...line, id: -line.id }))];
  if (lines.length === 0) return <Empty title="Nothing yet">Runs, commits and records appear here as they happen.</Empty>;
  return (
    <ol className={styles.feed} aria-label="Activity, newest first">
      {lines.slice(0, 40).map((line) => (
        <li key={line.id} data-kind={line.kind}>
          {line.kind === "run" ? <StateMark state={line.state} /> : <span className={styles.kind} aria-hidden />}
          <span>
            <Link href={line.href}>{line.subject}</Link> {line.verb}
            {line.count > 1 && <b className={styles.times}> {line.count}×</b>}
            <small>{line.detail}</small>
          </span>
          <Ago at={line.at} />
        </li>
      ))}
    </ol>
  );
}

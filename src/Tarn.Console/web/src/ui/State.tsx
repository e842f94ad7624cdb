import type { ReactNode } from "react";
import styles from "./State.module.css";

type Tone = "good" | "busy" | "warn" | "bad" | "rest";

/** Each state has a colour, a shape and a word, so that none of them is needed alone. */
const states: Record<string, { tone: Tone; shape: "check" | "dot" | "ring" | "cross" | "bar" | "up" | "wait" | "block"; word: string }> = {
  ok: { tone: "good", shape: "check", word: "ok" },
  success: { tone: "good", shape: "check", word: "success" },
  finished: { tone: "good", shape: "check", word: "finished" },
  scheduled: { tone: "rest", shape: "ring", word: "scheduled" },
  killed: { tone: "rest", shape: "bar", word: "killed" },
  running: { tone: "busy", shape: "dot", word: "running" },
  starting: { tone: "busy", shape: "dot", word: "starting" },
  queued: { tone: "rest", shape: "ring", word: "queued" },
  up_for_retry: { tone: "warn", shape: "up", word: "up for retry" },
  degraded: { tone: "warn", shape: "up", word: "degraded" },
  failing: { tone: "bad", shape: "cross", word: "failing" },
  failed: { tone: "bad", shape: "cross", word: "failed" },
  down: { tone: "bad", shape: "cross", word: "down" },
  deferred: { tone: "busy", shape: "wait", word: "waiting outside" },
  upstream_failed: { tone: "bad", shape: "block", word: "upstream failed" },
  skipped: { tone: "rest", shape: "bar", word: "skipped" },
  cancelled: { tone: "rest", shape: "bar", word: "cancelled" },
  paused: { tone: "rest", shape: "wait", word: "paused" },
  alive: { tone: "good", shape: "check", word: "alive" },
  lost: { tone: "bad", shape: "cross", word: "lost" },
  dead: { tone: "bad", shape: "cross", word: "lost" },
  expired: { tone: "bad", shape: "cross", word: "lost" },
  stopping: { tone: "warn", shape: "wait", word: "stopping" },
  stopped: { tone: "rest", shape: "bar", word: "stopped" },
  promoting: { tone: "busy", shape: "up", word: "promoting" },
  rolled_back: { tone: "bad", shape: "cross", word: "rolled back" },
  aborted: { tone: "rest", shape: "bar", word: "aborted" },
  active: { tone: "good", shape: "check", word: "active" },
  revoked: { tone: "rest", shape: "bar", word: "revoked" },
  healthy: { tone: "good", shape: "check", word: "healthy" },
  unhealthy: { tone: "bad", shape: "cross", word: "not healthy" },
  left_out: { tone: "warn", shape: "wait", word: "left out" },
  unreachable: { tone: "bad", shape: "cross", word: "not reached" },
  loading: { tone: "busy", shape: "dot", word: "being loaded" },
  loaded: { tone: "good", shape: "check", word: "loaded" },
  not_loaded: { tone: "warn", shape: "ring", word: "not loaded" },
  harm: { tone: "bad", shape: "cross", word: "does harm" },
  safe: { tone: "good", shape: "check", word: "keeps the margin" },
  open: { tone: "rest", shape: "ring", word: "open" },
  none: { tone: "rest", shape: "ring", word: "not started" },
  unknown: { tone: "rest", shape: "ring", word: "unknown" },
};

const known = (state: string | null | undefined): (typeof states)[string] =>
  states[state ?? "none"] ?? { tone: "rest", shape: "ring", word: state ?? "none" };

export const toneOf = (state: string | null | undefined): Tone => known(state).tone;
export const wordOf = (state: string | null | undefined): string => known(state).word;

const paths = {
  check: <path d="M3.500 8.500 6.500 11.500 12.500 4.800" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" strokeLinejoin="round" />,
  dot: <circle cx="8" cy="8" r="4.200" fill="currentColor" />,
  ring: <circle cx="8" cy="8" r="4" fill="none" stroke="currentColor" strokeWidth="2" />,
  cross: <path d="M4.300 4.300l7.400 7.400M11.700 4.300l-7.400 7.400" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" />,
  bar: <path d="M4 8h8" stroke="currentColor" strokeWidth="2.400" strokeLinecap="round" />,
  wait: <path d="M5.500 4v8M10.500 4v8" stroke="currentColor" strokeWidth="2.300" strokeLinecap="round" />,
  block: <path d="M8 3.800a4.200 4.200 0 1 0 0 8.400a4.200 4.200 0 0 0 0-8.400zM5.200 10.800l5.600-5.600" fill="none" stroke="currentColor" strokeWidth="1.800" />,
  up: <path d="M8 3.500 13.200 12.500H2.800z" fill="none" stroke="currentColor" strokeWidth="1.900" strokeLinejoin="round" />,
};

/** The state's shape alone; say the word beside it, or give it as the label. */
export function StateMark({ state, label = false }: { state: string | null | undefined; label?: boolean }): ReactNode {
  const { tone, shape, word } = known(state);
  return (
    <svg
      className={`${styles.mark} ${tone === "busy" ? styles.busy : ""}`}
      data-tone={tone}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      {...(label ? { role: "img", "aria-label": word } : { "aria-hidden": true })}
    >
      {paths[shape]}
    </svg>
  );
}

export function StateLabel({ state, children }: { state: string | null | undefined; children?: ReactNode }): ReactNode {
  return (
    <span className={styles.label} data-tone={toneOf(state)}>
      <StateMark state={state} />
      {children ?? wordOf(state)}
    </span>
  );
}

import type { ReactNode } from "react";
import { Link } from "wouter";
import { triggerWords } from "../api/live";
import type { RunSummary } from "../api/types";
import { dateTime, duration } from "../format/time";
import { useZone } from "./settings";
import { toneOf, wordOf } from "./State";
import styles from "./RunBars.module.css";

/** The last runs of a pipeline, oldest first: height is the duration, colour and foot the state. */
export function RunBars({ runs, slots = 20 }: { runs: readonly RunSummary[]; slots?: number }): ReactNode {
  const zone = useZone();
  const shown = runs.slice(0, slots).reverse();
  const longest = Math.max(1, ...shown.map((run) => run.durationMs ?? 0));
  return (
    <ol className={styles.bars} aria-label="Last runs, oldest first">
      {Array.from({ length: Math.max(0, slots - shown.length) }, (_, slot) => (
        <li key={`empty-${slot}`} className={styles.slot} aria-hidden />
      ))}
      {shown.map((run) => {
        const text = `${wordOf(run.state)}, ${triggerWords(run.trigger)}, logical date ${dateTime(run.logicalDate, zone)}, ${duration(run.durationMs)}`;
        return (
          <li key={run.id} className={styles.slot}>
            <Link href={`/runs/${encodeURIComponent(run.id)}`} className={styles.bar} data-tone={toneOf(run.state)} title={text} aria-label={text}>
              <span style={{ height: `${18 + 82 * Math.sqrt((run.durationMs ?? longest) / longest)}%` }} />
            </Link>
          </li>
        );
      })}
    </ol>
  );
}

import { useMemo, useState, type ReactNode } from "react";
import { Button } from "@mantine/core";
import type { Run } from "../api/types";
import { count } from "../format/numbers";
import { dateTime, duration } from "../format/time";
import { Empty } from "../ui/Answer";
import { useNow } from "../ui/clock";
import { useZone } from "../ui/settings";
import { StateMark, toneOf, wordOf } from "../ui/State";
import { lanesOf, scaleOf, share, spanOf, type Lane, type Part } from "./gantt";
import styles from "./Gantt.module.css";

const lanesAtFirst = 120;
const kindWords = { queued: "waited for a slot", delay: "waited for the next attempt" } as const;

function words(lane: Lane, part: Part): string {
  const long = duration(part.to - part.from);
  if (part.kind === "calls") return `${lane.name}, all calls: ${wordOf(part.state)}, ${long}`;
  return part.kind === "running" ? `${lane.name}, attempt ${part.attempt}: ${wordOf(part.state)}, ${long}` : `${lane.name}: ${kindWords[part.kind]}, ${long}`;
}

/** The attempts over time: when each task could start, waited, ran, and was tried again. */
export function Gantt({ run, task, onTask }: { run: Run; task: string | null; onTask: (task: string | null) => void }): ReactNode {
  const zone = useZone();
  const underWay = !run.endedAt;
  const second = useNow();
  const now = underWay ? second : Date.parse(run.endedAt ?? "");
  const [shown, setShown] = useState(lanesAtFirst);
  const all = useMemo(() => lanesOf(run, now), [run, now]);
  const [from, to] = spanOf(run, all, now);
  const scale = useMemo(() => scaleOf(from, to, 8, zone), [from, to, zone]);
  if (all.every((lane) => lane.parts.length === 0)) return <Empty title="Nothing has run yet" />;
  const lanes = all.slice(0, shown);
  return (
    <>
      <div className={styles.gantt} role="group" aria-label="Attempts over time">
        <div className={styles.axis}>
          <span className={styles.zone}>
            {dateTime(scale.from, zone).slice(0, 10)} {zone === "utc" ? "UTC" : "local"}
          </span>
          <div className={styles.ticks} aria-hidden>
            {scale.ticks.map((tick, index) => (
              <span key={tick.at} data-odd={index % 2 === 1 || undefined} style={{ left: `${share(scale, tick.at)}%` }}>
                {tick.text}
              </span>
            ))}
          </div>
        </div>
        <ul>
          {lanes.map((lane) => (
            <li key={lane.name} data-chosen={task !== null && (lane.name === task || lane.task === task) ? true : undefined} data-call={lane.name === lane.task ? undefined : true}>
              <button type="button" aria-pressed={lane.name === task} onClick={() => onTask(lane.name === task ? null : lane.name)} title={`${lane.name}: ${wordOf(lane.state)}`}>
                <StateMark state={lane.state} label /> <span>{lane.name}</span>
              </button>
              <div className={styles.lane}>
                {scale.ticks.map((tick) => (
                  <span key={tick.at} className={styles.line} style={{ left: `${share(scale, tick.at)}%` }} aria-hidden />
                ))}
                {lane.parts.map((part) => {
                  const left = share(scale, part.from);
                  const text = words(lane, part);
                  return (
                    <span
                      key={`${part.kind}-${part.attempt}-${part.from}`}
                      role="img"
                      aria-label={text}
                      title={text}
                      className={styles.part}
                      data-kind={part.kind}
                      data-tone={toneOf(part.state)}
                      style={{ left: `${left}%`, width: `max(3px, ${share(scale, part.to) - left}%)` }}
                    >
                      {part.kind === "running" && part.attempt > 1 && <b>{part.attempt}</b>}
                    </span>
                  );
                })}
              </div>
            </li>
          ))}
        </ul>
      </div>
      {all.length > shown && (
        <Button variant="subtle" onClick={() => setShown(shown * 4)}>
          Show more of {count(all.length)} lines
        </Button>
      )}
      <ul className={styles.legend} aria-label="Legend">
        <li><span className={styles.part} data-kind="queued" /> waits for a slot</li>
        <li><span className={styles.part} data-kind="running" data-tone="good" /> ran</li>
        <li><span className={styles.part} data-kind="running" data-tone="bad" /> failed</li>
        <li><span className={styles.part} data-kind="delay" /> until the next attempt</li>
        <li>the number is the attempt's</li>
      </ul>
    </>
  );
}

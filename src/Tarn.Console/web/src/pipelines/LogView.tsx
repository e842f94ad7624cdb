import { Button, Select, Switch, TextInput } from "@mantine/core";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useLogs } from "../api/logs";
import type { RunTask } from "../api/types";
import { count, plural } from "../format/numbers";
import { clock, dateTime } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { useNow } from "../ui/clock";
import { Panel } from "../ui/Panel";
import { useZone } from "../ui/settings";
import { useUrlState } from "../ui/urlState";
import { levelChoices, matches } from "./logFilter";
import styles from "./Run.module.css";

const step = 2_000;

/** The lines that the attempts logged; while the run is under way they go on arriving and the newest stays in sight. What is shown of them is in the address. */
export function LogView({ id, tasks, live }: { id: string; tasks: readonly RunTask[]; live: boolean }): ReactNode {
  const [url, setUrl] = useUrlState();
  const task = url.get("task");
  const attempt = Number(url.get("attempt") ?? "") || null;
  const level = url.get("level");
  const text = url.get("text") ?? "";
  const chosen = tasks.find((one) => one.name === task);
  // The calls of a mapped task log under names of their own: they are picked out here.
  const logs = useLogs(id, { task: task === null || chosen?.kind === "mapped" ? undefined : task }, live);
  const [follow, setFollow] = useState(true);
  const [most, setMost] = useState(step);
  const zone = useZone();
  const now = useNow(60);
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => (logs.data ?? []).filter((line) => matches(line, { task, attempt, level, text })), [logs.data, task, attempt, level, text]);
  const attempts = Math.max(1, ...tasks.filter((one) => task === null || one.name === task || one.mappedTask === task).map((one) => one.attempts.length));
  const length = lines.length;

  useEffect(() => {
    if (live && follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [length, live, follow]);

  const names = tasks.filter((one) => !one.mappedTask || one.name === task).map((one) => one.name);
  return (
    <Panel
      title="Log"
      note={logs.data === undefined ? undefined : `${plural(length, "line")}${length < logs.data.length ? ` of ${count(logs.data.length)}` : ""}${live ? ", arriving" : ""}`}
      flush
      actions={
        <>
          {live && <Switch label="Follow" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />}
          <Select w={170} aria-label="Task" placeholder="All tasks" clearable searchable data={names} value={task} onChange={(value) => setUrl({ task: value, attempt: null })} />
          {attempts > 1 && (
            <Select w={120} aria-label="Attempt" placeholder="All attempts" clearable data={Array.from({ length: attempts }, (_, index) => ({ value: String(index + 1), label: `Attempt ${index + 1}` }))} value={attempt === null ? null : String(attempt)} onChange={(value) => setUrl({ attempt: value })} />
          )}
          <Select w={155} aria-label="Level" placeholder="All levels" clearable data={levelChoices} value={level} onChange={(value) => setUrl({ level: value })} />
          <TextInput w={150} aria-label="Text in the log" placeholder="Text" value={text} onChange={(event) => setUrl({ text: event.currentTarget.value })} />
        </>
      }
    >
      <Answer of={logs} what="log" rows={5} isEmpty={(data) => data.length === 0} empty={<Empty title="No lines">{live ? "They appear as the tasks write them." : "The tasks wrote nothing."}</Empty>}>
        {() =>
          length === 0 ? <Empty title="No line is like that" /> : (
            <div ref={box} className={styles.log} role="log" aria-label="Log lines" tabIndex={0}>
              {length > most && (
                <div className={styles.earlier}>
                  <Button variant="subtle" size="compact-sm" onClick={() => setMost(most + 4 * step)}>
                    Show earlier lines ({count(length - most)} more)
                  </Button>
                </div>
              )}
              {lines.slice(-most).map((line) => (
                <div key={line.seq} className={styles.line} data-level={line.level.toLowerCase()}>
                  <time dateTime={line.at} title={dateTime(line.at, zone, true)}>
                    {clock(line.at, zone, now)}
                  </time>
                  <span className={styles.from} title={line.category ?? undefined}>
                    {line.task}
                    {line.attempt > 1 && `#${line.attempt}`}
                  </span>
                  <span className={styles.message}>
                    {/^(warn|error|crit)/i.test(line.level) && <b>{line.level.toLowerCase()} </b>}
                    {line.message}
                    {line.exception && <span className={styles.exception}>{line.exception}</span>}
                  </span>
                </div>
              ))}
            </div>
          )
        }
      </Answer>
    </Panel>
  );
}

import { Select, Switch } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useLogs } from "../api/queries";
import { clock, dateTime } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { useNow } from "../ui/clock";
import { Panel } from "../ui/Panel";
import { useZone } from "../ui/settings";
import styles from "./Run.module.css";

/** The lines that the attempts logged; while the run is under way they go on arriving and the newest stays in sight. */
export function LogView({ id, tasks, live, task, onTask }: { id: string; tasks: readonly string[]; live: boolean; task: string | null; onTask: (task: string | null) => void }): ReactNode {
  const logs = useLogs(id, { task: task ?? undefined }, live);
  const [follow, setFollow] = useState(true);
  const zone = useZone();
  const now = useNow(60);
  const box = useRef<HTMLDivElement>(null);
  const lines = logs.data?.length ?? 0;

  useEffect(() => {
    if (live && follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, live, follow]);

  return (
    <Panel
      title="Log"
      note={live ? "arriving" : undefined}
      flush
      actions={
        <>
          {live && <Switch label="Follow" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />}
          <Select w={160} aria-label="Task" placeholder="All tasks" clearable data={[...tasks]} value={task} onChange={onTask} />
        </>
      }
    >
      <Answer of={logs} what="log" rows={5} empty={<Empty title="No lines">{live ? "They appear as the tasks write them." : "The tasks wrote nothing."}</Empty>}>
        {(data) => (
          <div ref={box} className={styles.log} role="log" aria-label="Log lines" tabIndex={0}>
            {data.map((line) => (
              <div key={line.seq} className={styles.line} data-level={line.level.toLowerCase()}>
                <time dateTime={line.at} title={dateTime(line.at, zone, true)}>
                  {clock(line.at, zone, now)}
                </time>
                <span className={styles.from}>
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
        )}
      </Answer>
    </Panel>
  );
}

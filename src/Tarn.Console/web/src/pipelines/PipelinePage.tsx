import { Select, Tabs } from "@mantine/core";
import { lazy, Suspense, useMemo, type ReactNode } from "react";
import { Link, useParams } from "wouter";
import { triggerWords } from "../api/live";
import { usePipeline, useRun } from "../api/queries";
import type { Pipeline } from "../api/types";
import { count } from "../format/numbers";
import { dateTime } from "../format/time";
import { Answer, Loading } from "../ui/Answer";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { RunBars } from "../ui/RunBars";
import { useZone } from "../ui/settings";
import { StateLabel, wordOf } from "../ui/State";
import { Ago, At } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import { PauseSwitch } from "./Actions";
import { BackfillButton } from "./BackfillDialog";
import { BackfillsTab } from "./BackfillsTab";
import { CalendarTab } from "./CalendarTab";
import { DetailsTab } from "./DetailsTab";
import { GridTab } from "./GridTab";
import { RepairsTab } from "./RepairsTab";
import { RunList } from "./RunList";
import { RunNow } from "./RunNow";
import { nextRunText, scheduleWords } from "./schedule";
import { foldTasks } from "./tasks";
import styles from "./Pipelines.module.css";

const TaskGraph = lazy(() => import("./TaskGraph"));

function Schedule({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const words = scheduleWords(pipeline.schedule);
  if (words === null || !pipeline.schedule) return <code>{pipeline.schedule ?? "on demand"}</code>;
  return (
    <>
      {words} <code className={styles.under}>{pipeline.schedule}</code>
    </>
  );
}

function Head({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const { nextRun, intervals, lastRuns, triggeredBy } = pipeline;
  return (
    <Panel title="Schedule" note={lastRuns.length > 0 ? <RunBars runs={lastRuns} slots={Math.min(20, lastRuns.length)} /> : undefined} actions={<PauseSwitch pipeline={pipeline} />}>
      <Facts
        items={[
          ["Schedule", <Schedule key="s" pipeline={pipeline} />],
          ["Time zone", pipeline.timeZone ?? "UTC"],
          ["Next run", nextRun && !pipeline.paused ? <Ago key="n" at={nextRun.runAfter} /> : nextRunText(pipeline)],
          nextRun && !pipeline.paused ? ["Its data interval", <span key="i"><At at={nextRun.start} /> to <At at={nextRun.end} /></span>] : null,
          (triggeredBy ?? []).length > 0 && ["Started by", (triggeredBy ?? []).map((source) => `${source.kind} ${source.name}`).join(pipeline.triggersOnAll ? " and " : ", ")],
          intervals && (intervals.total ?? 0) > 0 ? [
            "Intervals so far",
            <span key="c">
              {count(intervals.success)} succeeded{(intervals.failed ?? 0) > 0 && <>, <StateLabel state="failed">{count(intervals.failed)} failed</StateLabel></>}{(intervals.cancelled ?? 0) > 0 && `, ${count(intervals.cancelled)} cancelled`}
            </span>,
          ] : null,
        ]}
      />
    </Panel>
  );
}

/** The tasks with the states of the newest run, or of the one that is chosen. */
function GraphTab({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const [url, setUrl] = useUrlState();
  const zone = useZone();
  const chosen = url.get("run");
  const id = chosen ?? pipeline.lastRuns[0]?.id;
  const run = useRun(id);
  const tasks = useMemo(() => {
    const known = new Map((run.data?.tasks ?? []).map((task) => [task.name, task]));
    const calls = (run.data?.tasks ?? []).filter((task) => task.mappedTask);
    return foldTasks([...pipeline.tasks.map((task) => ({ ...(known.get(task.name) ?? { attempts: [], state: "none" as const }), name: task.name, after: task.after, kind: task.kind })), ...calls], pipeline.tasks);
  }, [pipeline.tasks, run.data]);
  return (
    <>
      <div className={styles.bar}>
        <span className="muted">{id === undefined ? "No run yet" : chosen === null ? "As in the newest run" : "As in the run"}</span>
        {pipeline.lastRuns.length > 0 && (
          <Select
            w={330}
            maw="100%"
            aria-label="Run"
            placeholder="The newest run"
            clearable
            data={pipeline.lastRuns.map((one) => ({ value: one.id, label: `${dateTime(one.logicalDate, zone)}, ${wordOf(one.state)}, ${triggerWords(one.trigger)}` }))}
            value={chosen}
            onChange={(value) => setUrl({ run: value })}
          />
        )}
        {id !== undefined && run.data !== undefined && (
          <Link href={`/runs/${encodeURIComponent(id)}`} className={styles.quietLink}>
            <StateLabel state={run.data.state} /> <Ago at={run.data.startedAt ?? run.data.queuedAt} />
          </Link>
        )}
      </div>
      <div className={styles.body}>
        <Suspense fallback={<Loading rows={3} />}>
          <TaskGraph tasks={tasks} href={(task) => (id === undefined ? null : `/runs/${encodeURIComponent(id)}?task=${encodeURIComponent(task.name)}`)} />
        </Suspense>
      </div>
    </>
  );
}

const tabs = [["graph", "Graph"], ["grid", "Grid"], ["runs", "Runs"], ["calendar", "Calendar"], ["backfills", "Backfills"], ["repairs", "Repairs"], ["details", "Details"]] as const;

export default function PipelinePage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const pipeline = usePipeline(name);
  const [url, setUrl] = useUrlState();
  const asked = url.get("tab");
  const tab = tabs.some(([value]) => value === asked) ? asked : "graph";
  return (
    <>
      <PageHead title={name} trail={[{ text: "Pipelines", href: "/pipelines" }]} lead={pipeline.data?.description}>
        {pipeline.data !== undefined && (
          <>
            {pipeline.data.schedule && <BackfillButton pipeline={name} />}
            <RunNow pipeline={name} primary />
          </>
        )}
      </PageHead>
      <Answer of={pipeline} what="pipeline" rows={6}>
        {(data) => (
          <>
            {data.paused && <p className={styles.pausedNote}>This pipeline is paused: nothing is scheduled until it is resumed. Runs can still be started by hand.</p>}
            <Head pipeline={data} />
            <section className={styles.tabs}>
              {/* Each tab has filters of its own: those of another are left behind. */}
              <Tabs value={tab} onChange={(value) => setUrl({ ...Object.fromEntries([...url.keys()].map((key) => [key, null])), tab: value === "graph" ? null : value })} keepMounted={false}>
                <Tabs.List>
                  {tabs.map(([value, text]) => (
                    <Tabs.Tab key={value} value={value}>
                      {text}
                    </Tabs.Tab>
                  ))}
                </Tabs.List>
                <Tabs.Panel value="graph">
                  <GraphTab pipeline={data} />
                </Tabs.Panel>
                <Tabs.Panel value="grid">
                  <GridTab pipeline={name} />
                </Tabs.Panel>
                <Tabs.Panel value="runs">
                  <RunList pipeline={name} />
                </Tabs.Panel>
                <Tabs.Panel value="calendar">
                  <CalendarTab pipeline={name} />
                </Tabs.Panel>
                <Tabs.Panel value="backfills">
                  <BackfillsTab pipeline={name} chosen={url.get("backfill")} />
                </Tabs.Panel>
                <Tabs.Panel value="repairs">
                  <RepairsTab pipeline={name} />
                </Tabs.Panel>
                <Tabs.Panel value="details">
                  <DetailsTab pipeline={data} />
                </Tabs.Panel>
              </Tabs>
            </section>
          </>
        )}
      </Answer>
    </>
  );
}

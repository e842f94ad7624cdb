import { Tabs } from "@mantine/core";
import { lazy, Suspense, useMemo, type ReactNode } from "react";
import { Link, useLocation, useParams } from "wouter";
import { triggerWords } from "../api/live";
import { usePipeline, useRun } from "../api/queries";
import type { Run } from "../api/types";
import { duration } from "../format/time";
import { Answer, Loading } from "../ui/Answer";
import { useNow } from "../ui/clock";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { At } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import { RunActions } from "./Actions";
import { AttemptTable, Reported } from "./AttemptTable";
import { Gantt } from "./Gantt";
import { LogView } from "./LogView";
import { CauseText } from "./RepairsTab";
import { foldTasks } from "./tasks";
import pageStyles from "./Pipelines.module.css";
import styles from "./Run.module.css";

const TaskGraph = lazy(() => import("./TaskGraph"));
const enc = encodeURIComponent;

const underWay = (run: Run): boolean => run.state === "running" || run.state === "queued";

function Elapsed({ run }: { run: Run }): ReactNode {
  const now = useNow();
  if (!underWay(run)) return duration(run.durationMs);
  return run.startedAt ? duration(Math.max(0, now - Date.parse(run.startedAt))) : "waiting to start";
}

/** The run in short: when, why, with what, and what it belongs to. */
function Head({ run }: { run: Run }): ReactNode {
  const subRuns = run.tasks.filter((task) => task.subRun);
  return (
    <Panel title="Run">
      <Facts
        items={[
          ["State", <StateLabel key="s" state={run.state} />],
          ["Trigger", triggerWords(run.trigger)],
          ["Logical date", <At key="l" at={run.logicalDate} />],
          run.dataInterval ? ["Data interval", <span key="i"><At at={run.dataInterval.start} /> to <At at={run.dataInterval.end} /></span>] : null,
          ["Queued", <At key="q" at={run.queuedAt} />],
          ["Started", <At key="st" at={run.startedAt} />],
          ["Ended", <At key="e" at={run.endedAt} />],
          ["Duration", <Elapsed key="d" run={run} />],
          run.slaMissed ? ["Time to be done", <StateLabel key="sla" state="degraded">missed</StateLabel>] : null,
          run.backfill ? ["Backfill", <Link key="b" href={`/pipelines/${enc(run.pipeline)}?tab=backfills&backfill=${enc(run.backfill)}`}>{run.backfill}</Link>] : null,
          run.parent ? ["Started by the run", <Link key="p" href={`/runs/${enc(run.parent)}`}>{run.parent}</Link>] : null,
          run.cause ? ["Cause", <CauseText key="c" cause={run.cause} />] : null,
          run.definitionHash ? ["Definition", <code key="h" title={run.definitionHash}>{run.definitionHash.slice(0, 12)}</code>] : null,
        ]}
      />
      {run.parameters && Object.keys(run.parameters).length > 0 && (
        <div className={styles.part}>
          <h3>Parameters</h3>
          <Reported values={run.parameters} plain />
        </div>
      )}
      {subRuns.length > 0 && (
        <div className={styles.part}>
          <h3>Sub-runs</h3>
          <Facts items={subRuns.map((task) => [task.name, <Link key={task.name} href={`/runs/${enc(task.subRun ?? "")}`}>{task.subRun}</Link>] as const)} />
        </div>
      )}
      {run.error && (
        <pre className={styles.error} role="alert">
          {run.error}
        </pre>
      )}
    </Panel>
  );
}

function Body({ run }: { run: Run }): ReactNode {
  const [url, setUrl] = useUrlState();
  const definition = usePipeline(run.pipeline);
  const tasks = useMemo(() => foldTasks(run.tasks, definition.data?.tasks), [run.tasks, definition.data]);
  const task = url.get("task");
  const choose = (next: string | null): void => setUrl({ task: next, attempt: null });
  const withTask = (name: string): string => {
    const next = new URLSearchParams(url);
    next.set("task", name);
    next.delete("attempt");
    return `/runs/${enc(run.id)}?${next.toString()}`;
  };
  return (
    <>
      <Head run={run} />
      <section className={pageStyles.tabs}>
        <Tabs value={url.get("tab") ?? "graph"} onChange={(value) => setUrl({ tab: value === "graph" ? null : value })} keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="graph">Graph</Tabs.Tab>
            <Tabs.Tab value="gantt">Gantt</Tabs.Tab>
            <Tabs.Tab value="attempts">Attempts</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="graph">
            <div className={pageStyles.body}>
              <Suspense fallback={<Loading rows={3} />}>
                <TaskGraph tasks={tasks} href={(one) => withTask(one.name)} chosen={task} />
              </Suspense>
            </div>
          </Tabs.Panel>
          <Tabs.Panel value="gantt">
            <Gantt run={run} task={task} onTask={choose} />
          </Tabs.Panel>
          <Tabs.Panel value="attempts">
            <AttemptTable run={run} task={task} onTask={choose} />
          </Tabs.Panel>
        </Tabs>
      </section>
      <LogView id={run.id} tasks={run.tasks} live={underWay(run)} />
    </>
  );
}

export default function RunPage(): ReactNode {
  const id = decodeURIComponent(useParams<{ id: string }>().id);
  const run = useRun(id);
  const [, go] = useLocation();
  useTitle(run.data === undefined ? "Run" : `${run.data.pipeline} run`);
  const pipeline = run.data?.pipeline;
  return (
    <>
      <PageHead
        title={pipeline === undefined ? "Run" : <>Run of <Link href={`/pipelines/${enc(pipeline)}`}>{pipeline}</Link></>}
        trail={[{ text: "Pipelines", href: "/pipelines" }, ...(pipeline === undefined ? [] : [{ text: pipeline, href: `/pipelines/${enc(pipeline)}` }])]}
        lead={<span className="mono">{id}</span>}
      >
        {run.data !== undefined && <RunActions run={run.data} onRetried={(next) => next?.id !== undefined && next.id !== id && go(`/runs/${enc(next.id)}`)} />}
      </PageHead>
      <Answer of={run} what="run" rows={6}>
        {(data) => <Body run={data} />}
      </Answer>
    </>
  );
}

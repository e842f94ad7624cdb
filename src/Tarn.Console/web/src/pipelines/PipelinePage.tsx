import { lazy, Suspense, type ReactNode } from "react";
import { useParams } from "wouter";
import { usePipeline, useRun } from "../api/queries";
import type { Pipeline } from "../api/types";
import { Answer, Loading } from "../ui/Answer";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { RunBars } from "../ui/RunBars";
import { Ago, At } from "../ui/Time";
import { useTitle } from "../ui/title";
import { PauseButton } from "./Actions";
import { RunList } from "./RunList";
import { RunNow } from "./RunNow";
import { nextRunText } from "./schedule";
import { TaskGrid } from "./TaskGrid";
import styles from "./Pipelines.module.css";

const TaskGraph = lazy(() => import("./TaskGraph"));

function Head({ pipeline }: { pipeline: Pipeline }): ReactNode {
  return (
    <Panel title="Schedule">
      <Facts
        items={[
          ["Schedule", <code key="s">{pipeline.schedule ?? "on demand"}</code>],
          ["Time zone", pipeline.timeZone ?? "UTC"],
          ["Next run", pipeline.nextRun && !pipeline.paused ? <Ago key="n" at={pipeline.nextRun.runAfter} /> : nextRunText(pipeline)],
          pipeline.nextRun && !pipeline.paused ? ["Its data interval", <span key="i"><At at={pipeline.nextRun.start} /> to <At at={pipeline.nextRun.end} /></span>] : null,
          ["Catch-up", pipeline.catchUp ? "on" : "off"],
          ["Retries", String(pipeline.retries)],
          ["Active runs at most", String(pipeline.maxActiveRuns)],
        ]}
      />
    </Panel>
  );
}

export default function PipelinePage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const pipeline = usePipeline(name);
  const newest = pipeline.data?.lastRuns[0];
  const run = useRun(newest?.id);
  return (
    <>
      <PageHead title={name} trail={[{ text: "Pipelines", href: "/pipelines" }]} lead={pipeline.data?.description}>
        {pipeline.data !== undefined && (
          <>
            <PauseButton pipeline={pipeline.data} />
            <RunNow pipeline={name} primary />
          </>
        )}
      </PageHead>
      <Answer of={pipeline} what="pipeline" rows={6}>
        {(data) => (
          <>
            {data.paused && <p className={styles.pausedNote}>This pipeline is paused: nothing is scheduled until it is resumed. Runs can still be started by hand.</p>}
            <Head pipeline={data} />
            <Panel title="Tasks" note={newest === undefined ? "no run yet" : <span>as in the newest run, <Ago at={newest.startedAt ?? newest.queuedAt} /></span>}>
              <Suspense fallback={<Loading rows={3} />}>
                <TaskGraph tasks={data.tasks.map((task) => run.data?.tasks.find((one) => one.name === task.name) ?? { ...task, attempts: [], state: "none" as const })} runId={newest?.id} />
              </Suspense>
            </Panel>
            {data.lastRuns.length > 0 && (
              <Panel title="Last runs, task by task" note={<RunBars runs={data.lastRuns} slots={Math.min(20, data.lastRuns.length)} />} flush>
                <TaskGrid pipeline={data} />
              </Panel>
            )}
            <RunList pipeline={name} />
          </>
        )}
      </Answer>
    </>
  );
}

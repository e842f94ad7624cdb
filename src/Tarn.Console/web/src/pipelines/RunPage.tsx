import { lazy, Suspense, type ReactNode } from "react";
import { Link, useLocation, useParams } from "wouter";
import { triggerWords } from "../api/live";
import { useRun } from "../api/queries";
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
import { AttemptTable } from "./AttemptTable";
import { LogView } from "./LogView";
import styles from "./Run.module.css";

const TaskGraph = lazy(() => import("./TaskGraph"));

const underWay = (run: Run): boolean => run.state === "running" || run.state === "queued";

function Elapsed({ run }: { run: Run }): ReactNode {
  const now = useNow();
  if (!underWay(run)) return duration(run.durationMs);
  return run.startedAt ? duration(Math.max(0, now - Date.parse(run.startedAt))) : "waiting to start";
}

export default function RunPage(): ReactNode {
  const id = decodeURIComponent(useParams<{ id: string }>().id);
  const run = useRun(id);
  const [url, setUrl] = useUrlState();
  const [, go] = useLocation();
  useTitle(run.data === undefined ? "Run" : `${run.data.pipeline} run`);
  const pipeline = run.data?.pipeline;
  return (
    <>
      <PageHead
        title={pipeline === undefined ? "Run" : <>Run of <Link href={`/pipelines/${encodeURIComponent(pipeline)}`}>{pipeline}</Link></>}
        trail={[{ text: "Pipelines", href: "/pipelines" }, ...(pipeline === undefined ? [] : [{ text: pipeline, href: `/pipelines/${encodeURIComponent(pipeline)}` }])]}
        lead={<span className="mono">{id}</span>}
      >
        {run.data !== undefined && <RunActions run={run.data} onRetried={(next) => next?.id !== undefined && next.id !== id && go(`/runs/${encodeURIComponent(next.id)}`)} />}
      </PageHead>
      <Answer of={run} what="run" rows={6}>
        {(data) => (
          <>
            <Panel title="Run">
              <Facts
                items={[
                  ["State", <StateLabel key="s" state={data.state} />],
                  ["Trigger", triggerWords(data.trigger)],
                  ["Logical date", <At key="l" at={data.logicalDate} />],
                  data.dataInterval ? ["Data interval", <span key="i"><At at={data.dataInterval.start} /> to <At at={data.dataInterval.end} /></span>] : null,
                  ["Queued", <At key="q" at={data.queuedAt} />],
                  ["Started", <At key="st" at={data.startedAt} />],
                  ["Ended", <At key="e" at={data.endedAt} />],
                  ["Duration", <Elapsed key="d" run={data} />],
                ]}
              />
              {data.error && (
                <pre className={styles.error} role="alert">
                  {data.error}
                </pre>
              )}
            </Panel>
            <Panel title="Tasks">
              <Suspense fallback={<Loading rows={3} />}>
                <TaskGraph tasks={data.tasks} runId={id} />
              </Suspense>
            </Panel>
            <Panel title="Attempts" flush>
              <AttemptTable run={data} task={url.get("task")} onTask={(task) => setUrl({ task })} />
            </Panel>
            <LogView id={id} tasks={data.tasks.map((task) => task.name)} live={underWay(data)} task={url.get("task")} onTask={(task) => setUrl({ task })} />
          </>
        )}
      </Answer>
    </>
  );
}

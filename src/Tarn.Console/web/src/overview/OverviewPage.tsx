import type { ReactNode } from "react";
import { Link } from "wouter";
import { usePipelines, useStatus, useTables, useTopics } from "../api/queries";
import type { SystemStatus } from "../api/types";
import { bytes, count } from "../format/numbers";
import { words } from "../format/words";
import { systemPages } from "../systems";
import { Answer, Empty } from "../ui/Answer";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { PipelineList } from "../pipelines/PipelineList";
import { TableList } from "../tables/TableList";
import { TopicList } from "../topics/TopicList";
import { ActivityFeed } from "./ActivityFeed";
import styles from "./Overview.module.css";

/** What a system says of itself, by what it looks like: a time, a number, text. */
function Detail({ value }: { value: unknown }): ReactNode {
  if (typeof value === "number") return count(value);
  const text = String(value);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? <Ago at={text} /> : text;
}

function SystemCard({ system }: { system: SystemStatus }): ReactNode {
  const has = system.path && systemPages.some((page) => page.path === system.path);
  const details = Object.entries(system.details ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  return (
    <article className={styles.system} data-state={system.state}>
      <header>
        <h3>{has ? <Link href={system.path ?? "/"}>{system.title}</Link> : system.title}</h3>
        <StateLabel state={system.state} />
      </header>
      {system.summary && <p>{system.summary}</p>}
      {details.length > 0 && <Facts items={details.slice(0, 6).map(([name, value]) => [words(name), <Detail key={name} value={value} />] as const)} />}
    </article>
  );
}

export default function OverviewPage(): ReactNode {
  useTitle("Overview");
  const status = useStatus();
  const pipelines = usePipelines();
  const tables = useTables();
  const topics = useTopics();
  const rows = tables.data?.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const size = tables.data?.reduce((sum, table) => sum + table.bytes, 0);
  return (
    <>
      <PageHead title="Overview" />
      <Panel title="Systems" note={status.data && <span>running since <Ago at={status.data.startedAt} /> on {status.data.dataDirectory}</span>}>
        <Answer
          of={status}
          rows={2}
          what="systems"
          isEmpty={(data) => data.systems.length === 0}
          empty={<Empty title="No system runs">Start one with ./tarn up quakes.</Empty>}
        >
          {(data) => (
            <div className={styles.systems}>
              {data.systems.map((system) => (
                <SystemCard key={system.name} system={system} />
              ))}
            </div>
          )}
        </Answer>
      </Panel>
      <div className={styles.columns}>
        <div className={styles.column}>
          <Panel title={<Link href="/pipelines">Pipelines</Link>} note={pipelines.data && `${pipelines.data.length}`} flush>
            <PipelineList of={pipelines} brief />
          </Panel>
          <Panel title={<Link href="/tables">Tables</Link>} note={tables.data && `${count(rows)} rows, ${bytes(size)}`} flush>
            <TableList of={tables} brief />
          </Panel>
          <Panel title={<Link href="/topics">Topics</Link>} flush>
            <TopicList of={topics} />
          </Panel>
        </div>
        <Panel title="Activity" note="as it happens" flush className={styles.activity}>
          <ActivityFeed />
        </Panel>
      </div>
    </>
  );
}

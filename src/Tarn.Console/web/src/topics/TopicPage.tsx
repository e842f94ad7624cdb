import type { ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useTopic } from "../api/queries";
import type { Topic } from "../api/types";
import { bytes, count } from "../format/numbers";
import { span } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { DataTable } from "../ui/DataTable";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useConsumers } from "./consumers";
import { newestRecord } from "./lag";
import { Records } from "./Records";
import styles from "./Topics.module.css";

function Partitions({ topic }: { topic: Topic }): ReactNode {
  return (
    <DataTable
      label="Partitions"
      rows={topic.partitions}
      rowKey={(one) => String(one.partition)}
      fields={[
        { key: "partition", head: "Partition", right: true, cell: (one) => one.partition },
        { key: "low", head: "Low offset", right: true, cell: (one) => count(one.low) },
        { key: "high", head: "High offset", right: true, cell: (one) => count(one.high) },
        { key: "records", head: "Records", right: true, wide: true, cell: (one) => count(one.high - one.low) },
        { key: "bytes", head: "Size", right: true, cell: (one) => bytes(one.bytes) },
        { key: "last", head: "Last record", cell: (one) => <Ago at={one.lastTimestamp} /> },
      ]}
    />
  );
}

function Consumers({ topic }: { topic: Topic }): ReactNode {
  const consumers = useConsumers(topic);
  if (consumers.length === 0) return <Empty title="Nobody reads it yet">A consumer group appears when it commits its first offset, a table when it has taken in records.</Empty>;
  return (
    <DataTable
      label="Consumers"
      rows={consumers}
      rowKey={(one) => `${one.name}/${one.partition}`}
      fields={[
        {
          key: "name",
          head: "Group or table",
          cell: (one) => (one.table === null ? one.name : <Link href={`/tables/${encodeURIComponent(one.table)}`}>{one.name}</Link>),
        },
        { key: "partition", head: "Partition", right: true, cell: (one) => one.partition },
        { key: "committed", head: "Committed", right: true, cell: (one) => count(one.committed) },
        { key: "lag", head: "Lag", right: true, cell: (one) => <span className={one.lag > 0 ? styles.behind : undefined}>{count(one.lag)}</span> },
      ]}
    />
  );
}

export default function TopicPage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const topic = useTopic(name);
  return (
    <>
      <PageHead title={name} trail={[{ text: "Topics", href: "/topics" }]} />
      <Answer of={topic} what="topic" rows={6}>
        {(data) => (
          <>
            <Panel title="Now">
              <Facts
                items={[
                  ["Records", count(data.records)],
                  ["Size", bytes(data.bytes)],
                  ["Kept for", span(data.retention)],
                  ["Last record", <Ago key="l" at={newestRecord(data)} />],
                ]}
              />
            </Panel>
            <div className={styles.pair}>
              <Panel title="Partitions" flush>
                <Partitions topic={data} />
              </Panel>
              <Panel title="Consumers" note="groups, and tables that hold their offset in their commits" flush>
                <Consumers topic={data} />
              </Panel>
            </div>
            <Records topic={data} />
          </>
        )}
      </Answer>
    </>
  );
}

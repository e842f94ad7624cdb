import type { ReactNode } from "react";
import { useParams } from "wouter";
import { useTopic } from "../api/queries";
import type { Topic } from "../api/types";
import { bytes, count } from "../format/numbers";
import { span } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { DataTable } from "../ui/DataTable";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
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

function Groups({ topic }: { topic: Topic }): ReactNode {
  if (topic.groups.length === 0) return <Empty title="No consumer group">A group appears when it commits its first offset.</Empty>;
  return (
    <DataTable
      label="Consumer groups"
      rows={topic.groups}
      rowKey={(one) => `${one.group}/${one.partition}`}
      fields={[
        { key: "group", head: "Group", cell: (one) => one.group },
        { key: "partition", head: "Partition", right: true, cell: (one) => one.partition },
        { key: "committed", head: "Committed", right: true, cell: (one) => count(one.committed) },
        {
          key: "lag",
          head: "Lag",
          right: true,
          cell: (one) => <span className={one.lag > 0 ? styles.behind : undefined}>{count(one.lag)}</span>,
        },
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
              <Panel title="Consumer groups" flush>
                <Groups topic={data} />
              </Panel>
            </div>
            <Records topic={data} />
          </>
        )}
      </Answer>
    </>
  );
}

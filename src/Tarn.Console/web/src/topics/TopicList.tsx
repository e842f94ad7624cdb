import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Topic } from "../api/types";
import { bytes, count } from "../format/numbers";
import { span } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Ago } from "../ui/Time";
import { groupLags, newestRecord } from "./lag";
import styles from "./Topics.module.css";

const fields: TableField<Topic>[] = [
  {
    key: "name",
    head: "Topic",
    cell: (topic) => (
      <Link href={`/topics/${encodeURIComponent(topic.name)}`} className={styles.name}>
        {topic.name}
      </Link>
    ),
  },
  { key: "partitions", head: "Partitions", right: true, wide: true, cell: (topic) => count(topic.partitions.length) },
  { key: "records", head: "Records", right: true, cell: (topic) => count(topic.records) },
  { key: "bytes", head: "Size", right: true, wide: true, cell: (topic) => bytes(topic.bytes) },
  { key: "retention", head: "Kept for", wide: true, cell: (topic) => span(topic.retention) },
  {
    key: "lag",
    head: "Greatest lag",
    right: true,
    cell: (topic) => {
      const lags = groupLags(topic);
      return lags.length === 0 ? <span className="muted">no group</span> : count(lags[0]?.lag);
    },
  },
  { key: "last", head: "Last record", cell: (topic) => <Ago at={newestRecord(topic)} /> },
];

export function TopicList({ of }: { of: UseQueryResult<Topic[]> }): ReactNode {
  return (
    <Answer of={of} what="topics" empty={<Empty title="No topics">A program declares them with AddTopic.</Empty>}>
      {(topics) => <DataTable label="Topics" fields={fields} rows={topics} rowKey={(topic) => topic.name} />}
    </Answer>
  );
}

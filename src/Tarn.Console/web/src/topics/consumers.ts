import { useQueries } from "@tanstack/react-query";
import { get } from "../api/client";
import { useTables } from "../api/queries";
import type { TableDetail, Topic } from "../api/types";

/** One who reads a partition, and how far it came. */
export interface Consumer {
  name: string;
  /** The table in whose commits the progress stands; null for a consumer group. */
  table: string | null;
  partition: number;
  committed: number;
  lag: number;
}

/** Consumer groups, and the tables whose commits hold an offset of the topic ("topic/partition" → next offset). Pure. */
export function consumersOf(topic: Pick<Topic, "name" | "partitions" | "groups">, tables: readonly Pick<TableDetail, "name" | "transactions">[]): Consumer[] {
  const groups = topic.groups.map<Consumer>((one) => ({ name: one.group, table: null, partition: one.partition, committed: one.committed, lag: one.lag }));
  const prefix = `${topic.name}/`;
  const readers = tables.flatMap((table) =>
    (table.transactions ?? []).flatMap<Consumer>(({ appId, version }) => {
      const partition = topic.partitions.find((one) => appId === `${prefix}${one.partition}`);
      return partition === undefined ? [] : [{ name: table.name, table: table.name, partition: partition.partition, committed: version, lag: Math.max(0, partition.high - version) }];
    }),
  );
  return [...groups, ...readers].sort((a, b) => a.name.localeCompare(b.name) || a.partition - b.partition);
}

/** The same, kept current: each table is asked for its progress, and anew after its commits. */
export function useConsumers(topic: Topic): Consumer[] {
  const names = (useTables().data ?? []).map((table) => table.name);
  const details = useQueries({
    queries: names.map((name) => ({
      queryKey: ["table", name, "detail"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<TableDetail>(`/tables/${encodeURIComponent(name)}`, {}, signal),
    })),
  });
  return consumersOf(topic, details.flatMap((one) => (one.data === undefined ? [] : [one.data])));
}

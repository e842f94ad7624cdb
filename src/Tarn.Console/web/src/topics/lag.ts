import type { Topic } from "../api/types";

/** Each consumer group's lag over all partitions, the greatest first. Pure. */
export function groupLags(topic: Pick<Topic, "groups">): { group: string; lag: number; partitions: number }[] {
  const byGroup = new Map<string, { group: string; lag: number; partitions: number }>();
  for (const one of topic.groups ?? []) {
    const sum = byGroup.get(one.group) ?? { group: one.group, lag: 0, partitions: 0 };
    sum.lag += one.lag;
    sum.partitions++;
    byGroup.set(one.group, sum);
  }
  return [...byGroup.values()].sort((a, b) => b.lag - a.lag || a.group.localeCompare(b.group));
}

/** When the newest record of any partition was appended. */
export const newestRecord = (topic: Pick<Topic, "partitions">): string | null =>
  topic.partitions.reduce<string | null>((newest, one) => (one.lastTimestamp && (newest === null || one.lastTimestamp > newest) ? one.lastTimestamp : newest), null);

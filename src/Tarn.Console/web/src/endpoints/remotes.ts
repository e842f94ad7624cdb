import type { Endpoint, RemoteInstance } from "../api/servingTypes";
import { shareText } from "./split";

export type InstanceState = "healthy" | "left_out" | "unhealthy";

/** A cluster with its instances, in the order in which they are configured. */
export interface Cluster {
  name: string;
  instances: RemoteInstance[];
  /** How many of them are asked. */
  answering: number;
  inFlight: number;
  requests: number;
  /** null where there were no requests. */
  failureShare: number | null;
  retriesLeft: number;
}

/** One that says that it cannot answer is not asked, whether it is left out or not. Pure. */
export const instanceState = (one: Pick<RemoteInstance, "isHealthy" | "ejectedUntil">): InstanceState => (!one.isHealthy ? "unhealthy" : one.ejectedUntil == null ? "healthy" : "left_out");

const sum = (instances: readonly RemoteInstance[], of: (one: RemoteInstance) => number): number => instances.reduce((total, one) => total + of(one), 0);

/** Instances by their clusters. Pure. */
export function clustersOf(instances: readonly RemoteInstance[]): Cluster[] {
  const byName = new Map<string, RemoteInstance[]>();
  for (const one of instances) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  return [...byName].map(([name, own]) => {
    const requests = sum(own, (one) => one.requests);
    return {
      name,
      instances: own,
      answering: own.filter((one) => instanceState(one) === "healthy").length,
      inFlight: sum(own, (one) => one.inFlight),
      requests,
      failureShare: requests === 0 ? null : sum(own, (one) => one.failures) / requests,
      retriesLeft: own[0]?.retriesLeft ?? 0,
    };
  });
}

/** "all 3 instances are asked", "1 of 3 instances is asked", "no instance can be asked". Pure. */
export function askedWords({ answering, instances }: Pick<Cluster, "answering" | "instances">): string {
  const all = instances.length;
  if (answering === 0) return all === 1 ? "its instance cannot be asked" : `none of ${all} instances can be asked`;
  if (all === 1) return "its instance is asked";
  return answering === all ? `all ${all} instances are asked` : `${answering} of ${all} instances ${answering === 1 ? "is" : "are"} asked`;
}

/** The endpoints that send requests to a cluster, with the share that it gets: one that gets none is named too. Pure. */
export const usersOf = (cluster: string, endpoints: readonly Endpoint[]): { name: string; share: string }[] =>
  endpoints.flatMap((endpoint) => {
    const own = endpoint.variants.filter((variant) => variant.target.remote === cluster);
    return own.length === 0 ? [] : [{ name: endpoint.name, share: shareText(own.reduce((total, variant) => total + variant.share, 0)) }];
  });

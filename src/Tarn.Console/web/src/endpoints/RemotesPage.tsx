import type { ReactNode } from "react";
import { Link } from "wouter";
import { useEndpoints, useRemotes } from "../api/serving";
import type { Endpoint, RemoteInstance } from "../api/servingTypes";
import { count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { askedWords, clustersOf, instanceState, usersOf, type Cluster } from "./remotes";
import { rateText } from "./rollout";
import { latencyText } from "./traffic";
import styles from "./Endpoints.module.css";

/** Whether an instance is asked, and if not, why, and until when. */
function InstanceHealth({ one }: { one: RemoteInstance }): ReactNode {
  const state = instanceState(one);
  return (
    <>
      <StateLabel state={state} />
      {one.problem != null && (
        <div className={styles.under}>
          {one.problem}
          {one.ejectedUntil != null && (
            <>
              ; asked again <Ago at={one.ejectedUntil} />
            </>
          )}
        </div>
      )}
    </>
  );
}

const Failures = ({ one }: { one: RemoteInstance }): ReactNode => <span className={one.failures > 0 ? styles.bad : undefined}>{count(one.failures)}</span>;

const fields: TableField<RemoteInstance>[] = [
  {
    key: "url",
    head: "Instance",
    cell: (one) => (
      <>
        <span className={styles.mono}>{one.url}</span>
        <div className={styles.narrow}>
          <InstanceHealth one={one} />
        </div>
      </>
    ),
  },
  { key: "health", head: "Health", wide: true, cell: (one) => <InstanceHealth one={one} /> },
  { key: "inFlight", head: "Under way", right: true, wide: true, title: "Requests that it has not answered yet", cell: (one) => count(one.inFlight) },
  { key: "requests", head: "Requests", right: true, cell: (one) => count(one.requests) },
  { key: "failures", head: "Failed", right: true, title: "No connection, no answer in time, or a status from 500", cell: (one) => <Failures one={one} /> },
  { key: "p50", head: "p50", right: true, title: "The median time until its answers began", cell: (one) => latencyText(one.p50Ms) },
];

function Users({ cluster, endpoints }: { cluster: string; endpoints: readonly Endpoint[] }): ReactNode {
  const users = usersOf(cluster, endpoints);
  if (users.length === 0) return "no endpoint";
  return users.map(({ name, share }, index) => (
    <span key={name}>
      {index > 0 && ", "}
      <Link href={`/endpoints/${encodeURIComponent(name)}`}>{name}</Link> {share}
    </span>
  ));
}

function ClusterPanel({ cluster, endpoints }: { cluster: Cluster; endpoints: readonly Endpoint[] | undefined }): ReactNode {
  return (
    <Panel title={cluster.name} note={<span className={cluster.answering === 0 ? styles.bad : undefined}>{askedWords(cluster)}</span>} flush>
      <div className={styles.clusterFacts}>
        <Facts
          items={[
            endpoints !== undefined && ["Gets requests of", <Users key="u" cluster={cluster.name} endpoints={endpoints} />],
            ["Under way", count(cluster.inFlight)],
            ["Requests", count(cluster.requests)],
            ["Failed", <span key="f" className={(cluster.failureShare ?? 0) > 0 ? styles.bad : undefined}>{rateText(cluster.failureShare)}</span>],
            ["May be sent again", <span key="r" className={cluster.retriesLeft === 0 ? styles.bad : undefined}>{count(cluster.retriesLeft)}</span>],
          ]}
        />
      </div>
      <DataTable label={`Instances of ${cluster.name}`} fields={fields} rows={cluster.instances} rowKey={(one) => one.url} />
    </Panel>
  );
}

/** What stands where no cluster is configured: how that is done. */
export const NoRemotes = (): ReactNode => (
  <Empty title="No remote clusters">
    A variant of an endpoint may be answered by other servers: another Tarn, or any server of the Open Inference Protocol. Configure them as a cluster, here one named gpu, its instances separated by commas, and start
    the server again; a split then names it as <code>remote:gpu</code>.
    <code className={styles.example}>Serving:Remotes:gpu:Urls=http://a:8080</code>
  </Empty>
);

/** Clusters and their instances, as they were read. */
export function Clusters({ instances, endpoints }: { instances: readonly RemoteInstance[]; endpoints?: readonly Endpoint[] }): ReactNode {
  return (
    <>
      {clustersOf(instances).map((cluster) => (
        <ClusterPanel key={cluster.name} cluster={cluster} endpoints={endpoints} />
      ))}
      <p className={styles.under}>
        Counted since the server started. A request whose instance fails is sent again to another one, within ten seconds at most as often as a fifth of the requests, and ten times in any case. An instance that stands out by
        its failures or its slowness is left out for a while, but never more than half of them.
      </p>
    </>
  );
}

/** The servers elsewhere that answer for variants of endpoints. */
export default function RemotesPage(): ReactNode {
  useTitle("Remote clusters");
  const remotes = useRemotes();
  const endpoints = useEndpoints();
  return (
    <>
      <PageHead title="Remote clusters" trail={[{ text: "Endpoints", href: "/endpoints" }]} lead="Servers elsewhere that answer for variants of endpoints. Each instance of a cluster can answer any of its requests." />
      <Answer of={remotes} what="remote clusters" empty={<NoRemotes />}>
        {(data) => <Clusters instances={data} endpoints={endpoints.data} />}
      </Answer>
    </>
  );
}

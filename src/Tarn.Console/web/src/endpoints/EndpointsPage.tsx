import type { ReactNode } from "react";
import { Link } from "wouter";
import { useEndpoints, useEndpointWindows } from "../api/serving";
import type { Endpoint } from "../api/servingTypes";
import { count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { useNow } from "../ui/clock";
import { useTitle } from "../ui/title";
import { meansText } from "./meaning";
import { NewEndpoint } from "./NewEndpoint";
import { rateText as shareOfText } from "./rollout";
import { ShareBar } from "./ShareBar";
import { Sparkline } from "./Sparkline";
import { latencyText, rateText, trafficOf, type Traffic } from "./traffic";
import styles from "./Endpoints.module.css";

const enc = encodeURIComponent;

export function useTraffic(endpoint: Endpoint): Traffic {
  const windows = useEndpointWindows(endpoint.name);
  const now = useNow(10);
  return trafficOf(windows.data, endpoint.variants.map((variant) => variant.name), now);
}

function Rate({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const traffic = useTraffic(endpoint);
  return (
    <div className={styles.rate}>
      <Sparkline values={traffic.perSecond} label={`${count(traffic.requests)} requests in the last hour, now ${rateText(traffic.now)}`} />
      <b>{rateText(traffic.now)}</b>
    </div>
  );
}

function Errors({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const { errorShare } = useTraffic(endpoint);
  return <span className={errorShare !== null && errorShare > 0 ? styles.bad : undefined}>{shareOfText(errorShare)}</span>;
}

/** The highest 95th percentile of those who answer. */
const p95 = (endpoint: Endpoint): number | null => {
  const all = endpoint.variants.filter((variant) => variant.share > 0).flatMap((variant) => (variant.counts.p95Ms == null ? [] : [variant.counts.p95Ms]));
  return all.length === 0 ? null : Math.max(...all);
};

const fields: TableField<Endpoint>[] = [
  {
    key: "name",
    head: "Endpoint",
    cell: (endpoint) => (
      <>
        <Link href={`/endpoints/${enc(endpoint.name)}`} className={styles.name}>
          {endpoint.name}
        </Link>
        <div className={styles.under}>
          model <Link href={`/models/${enc(endpoint.model)}`}>{endpoint.model}</Link>
        </div>
      </>
    ),
  },
  {
    key: "answers",
    head: "What answers",
    cell: (endpoint) => <ShareBar label={`Shares of ${endpoint.name}`} shares={endpoint.variants.map((variant) => ({ name: variant.name, share: variant.share, means: meansText(variant) }))} />,
  },
  { key: "traffic", head: "Requests, last hour", wide: true, cell: (endpoint) => <Rate endpoint={endpoint} /> },
  { key: "errors", head: "Errors", right: true, wide: true, title: "Of the last hour", cell: (endpoint) => <Errors endpoint={endpoint} /> },
  { key: "p95", head: "p95", right: true, title: "The 95th percentile since the server started; of several variants the highest", cell: (endpoint) => latencyText(p95(endpoint)) },
  {
    key: "rollout",
    head: "Rollout",
    wide: true,
    cell: ({ name, rollout }) =>
      rollout && (
        <Link href={`/endpoints/${enc(name)}?tab=rollout`} className={styles.quietLink}>
          <StateLabel state={rollout.status}>
            {rollout.status === "running" ? `at ${rollout.stages[rollout.stage]} %` : rollout.status.replace("_", " ")}
          </StateLabel>
        </Link>
      ),
  },
];

/** The names by which models are called. */
export default function EndpointsPage(): ReactNode {
  useTitle("Endpoints");
  const endpoints = useEndpoints();
  return (
    <>
      <PageHead title="Endpoints" lead="Names by which models are called. An endpoint splits its requests among versions of its model, and counts what becomes of them.">
        <Link href="/remotes">Remote clusters</Link>
        <NewEndpoint />
      </PageHead>
      <Panel title="All endpoints" flush>
        <Answer of={endpoints} what="endpoints" empty={<Empty title="No endpoints">Make one for a registered model; a system may bring its own.</Empty>}>
          {(data) => <DataTable label="Endpoints" fields={fields} rows={data} rowKey={(endpoint) => endpoint.name} />}
        </Answer>
      </Panel>
    </>
  );
}

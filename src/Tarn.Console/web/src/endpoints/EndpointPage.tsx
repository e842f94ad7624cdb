import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useEndpoint } from "../api/serving";
import type { Endpoint } from "../api/servingTypes";
import { count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import { useTraffic } from "./EndpointsPage";
import { EndpointLedgerTab } from "./LedgerTab";
import { meansText } from "./meaning";
import { MeaningNotes } from "./MeaningNotes";
import { DeleteEndpoint } from "./NewEndpoint";
import { PredictionsTab } from "./PredictionsTab";
import { rateText as shareOfText } from "./rollout";
import { RolloutTab } from "./RolloutTab";
import { ShareBar } from "./ShareBar";
import { SplitTab } from "./SplitTab";
import { rateText } from "./traffic";
import { TrafficTab } from "./TrafficTab";
import { TryTab } from "./TryTab";
import styles from "./Endpoints.module.css";

function Now({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const traffic = useTraffic(endpoint);
  const hasRemotes = endpoint.variants.some((variant) => variant.target.remote);
  return (
    <Panel title="Now" note={<code>POST {endpoint.url}</code>}>
      <div className={styles.now}>
        <ShareBar label="Shares" shares={endpoint.variants.map((variant) => ({ name: variant.name, share: variant.share, means: meansText(variant) }))} />
        <Facts
          items={[
            ["Model", <Link key="m" href={`/models/${encodeURIComponent(endpoint.model)}`}>{endpoint.model}</Link>],
            ["Requests", `${rateText(traffic.now)} now, ${count(traffic.requests)} in the last hour`],
            ["Errors, last hour", shareOfText(traffic.errorShare)],
            endpoint.shadows.length > 0 && ["Shadows", endpoint.shadows.map((shadow) => shadow.name).join(", ")],
            endpoint.stickyHeader != null && ["Users stay by", endpoint.stickyHeader],
            endpoint.rollout != null && ["Rollout", <StateLabel key="r" state={endpoint.rollout.status} />],
            hasRemotes && ["Answered elsewhere", <Link key="e" href="/remotes">Remote clusters</Link>],
            ["Changed", <Ago key="c" at={endpoint.changedAt} />],
          ]}
        />
      </div>
      {endpoint.synthetic === true && (
        <p className={styles.warning}>
          <strong>Synthetic.</strong> The version that answers most was trained on drawn pictures: what it says of photographs means little.
        </p>
      )}
      <MeaningNotes of={endpoint.variants.filter((variant) => variant.share > 0)} />
    </Panel>
  );
}

export default function EndpointPage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const endpoint = useEndpoint(name);
  const [url, setUrl] = useUrlState();
  const tab = url.get("tab") ?? "traffic";
  return (
    <>
      <PageHead title={name} trail={[{ text: "Endpoints", href: "/endpoints" }]}>
        {endpoint.data && <DeleteEndpoint name={name} />}
      </PageHead>
      <Answer of={endpoint} what="endpoint" rows={5} absent={<Empty title="There is no such endpoint">It may have been deleted.</Empty>}>
        {(data) => (
          <>
            <Now endpoint={data} />
            <section className={styles.tabs}>
              <Tabs value={tab} onChange={(value) => setUrl({ tab: value === "traffic" ? null : value })} keepMounted={false}>
                <Tabs.List>
                  <Tabs.Tab value="traffic">Traffic</Tabs.Tab>
                  <Tabs.Tab value="split">Split</Tabs.Tab>
                  <Tabs.Tab value="rollout">Rollout</Tabs.Tab>
                  <Tabs.Tab value="try">Try it</Tabs.Tab>
                  <Tabs.Tab value="predictions">Predictions</Tabs.Tab>
                  <Tabs.Tab value="ledger">Ledger</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="traffic">
                  <TrafficTab endpoint={data} />
                </Tabs.Panel>
                <Tabs.Panel value="split">
                  <SplitTab endpoint={data} />
                </Tabs.Panel>
                <Tabs.Panel value="rollout">
                  <RolloutTab endpoint={data} />
                </Tabs.Panel>
                <Tabs.Panel value="try">
                  <TryTab endpoint={data} />
                </Tabs.Panel>
                <Tabs.Panel value="predictions">
                  <PredictionsTab endpoint={data} />
                </Tabs.Panel>
                <Tabs.Panel value="ledger">
                  <EndpointLedgerTab name={name} />
                </Tabs.Panel>
              </Tabs>
            </section>
          </>
        )}
      </Answer>
    </>
  );
}

import { lazy, Suspense, type ReactNode } from "react";
import type { Endpoint, VariantCounts, VariantState } from "../api/servingTypes";
import { count } from "../format/numbers";
import { Loading } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { useVariantColours } from "./colours";
import { meansText } from "./meaning";
import { rateText } from "./rollout";
import { shareText } from "./split";
import { latencyText } from "./traffic";
import styles from "./Endpoints.module.css";

const TrafficCharts = lazy(() => import("./TrafficCharts"));

interface Row {
  name: string;
  place: number;
  gets: string;
  means: string;
  state: VariantState;
  isShadow: boolean;
  counts: VariantCounts;
}

/** Those who answer, then the shadows, in the order of their colours. */
const rowsOf = (endpoint: Endpoint): Row[] => [
  ...endpoint.variants.map((one, place) => ({ ...one, place, gets: shareText(one.share), means: meansText(one), isShadow: false })),
  ...endpoint.shadows.map((one, index) => ({ ...one, place: endpoint.variants.length + index, gets: `copies of ${shareText(one.fraction)}`, means: meansText(one), isShadow: true })),
];

const agreement = (counts: VariantCounts): string => {
  const compared = counts.agreed + counts.disagreed;
  return compared === 0 ? "–" : `${rateText(counts.agreed / compared)} of ${count(compared)}`;
};

const feedback = (counts: VariantCounts): string => (counts.positive + counts.negative === 0 ? "–" : `${count(counts.positive)} right, ${count(counts.negative)} wrong`);

/** What became of an endpoint's requests, for each variant and shadow. */
export function TrafficTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const colour = useVariantColours();
  const rows = rowsOf(endpoint);
  const fields: TableField<Row>[] = [
    {
      key: "name",
      head: "Variant",
      cell: (row) => (
        <>
          <span className={styles.variant}>
            <i style={{ background: colour(row.place) }} />
            <b>{row.name}</b>
          </span>
          <div className={styles.under}>
            {row.isShadow && "shadow, "}
            {row.means}
          </div>
        </>
      ),
    },
    { key: "share", head: "Gets", right: true, cell: (row) => row.gets },
    { key: "loaded", head: "State", wide: true, cell: (row) => <StateLabel state={row.state}>{row.state === "none" ? "no version" : undefined}</StateLabel> },
    { key: "requests", head: "Requests", right: true, cell: (row) => count(row.counts.requests) },
    { key: "errors", head: "Errors", right: true, cell: (row) => <span className={row.counts.errors > 0 ? styles.bad : undefined}>{row.counts.requests === 0 ? "–" : rateText(row.counts.errors / row.counts.requests)}</span> },
    { key: "p50", head: "p50", right: true, wide: true, cell: (row) => latencyText(row.counts.p50Ms) },
    { key: "p95", head: "p95", right: true, wide: true, cell: (row) => latencyText(row.counts.p95Ms) },
    { key: "p99", head: "p99", right: true, wide: true, cell: (row) => latencyText(row.counts.p99Ms) },
    { key: "feedback", head: "Feedback", right: true, wide: true, cell: (row) => feedback(row.counts) },
    ...(rows.some((row) => row.counts.agreed + row.counts.disagreed > 0 || row.isShadow)
      ? [{ key: "agreement", head: "Agrees with the champion", right: true, wide: true, cell: (row: Row) => agreement(row.counts) }]
      : []),
  ];
  return (
    <>
      <DataTable label="Variants" fields={fields} rows={rows} rowKey={(row) => row.name} />
      <p className={styles.note}>Counted since the server started. The charts show the last hour, in steps of ten seconds.</p>
      <Suspense fallback={<Loading rows={6} what="charts" />}>
        <TrafficCharts endpoint={endpoint} names={rows.map((row) => row.name)} />
      </Suspense>
    </>
  );
}

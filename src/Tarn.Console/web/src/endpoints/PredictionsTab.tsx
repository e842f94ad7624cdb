import { Button, VisuallyHidden } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { sendFeedback, useEndpointPredictions } from "../api/serving";
import type { Endpoint, EndpointPrediction } from "../api/servingTypes";
import { labelWords, scoreText } from "../pictures/pictures";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Ago } from "../ui/Time";
import { latencyText } from "./traffic";
import styles from "./Endpoints.module.css";

/** Right or wrong, in the row of a prediction. */
function RowFeedback({ endpoint, id }: { endpoint: string; id: string }): ReactNode {
  const [said, setSaid] = useState<boolean | null>(null);
  const [error, setError] = useState<string | null>(null);
  const say = (isRight: boolean): void => {
    setSaid(isRight);
    setError(null);
    sendFeedback(endpoint, id, isRight).catch((cause: unknown) => {
      setSaid(null);
      setError(cause instanceof Error ? cause.message : String(cause));
    });
  };
  return (
    <span className={styles.feedback}>
      {[true, false].map((right) => (
        <Button key={String(right)} size="compact-xs" variant={said === right ? "light" : "default"} aria-pressed={said === right} onClick={() => say(right)}>
          {right ? "Right" : "Wrong"}
        </Button>
      ))}
      {error !== null && (
        <small role="alert" className={styles.bad}>
          {error}
        </small>
      )}
    </span>
  );
}

/** What a prediction came to, short. */
function Said({ prediction }: { prediction: EndpointPrediction }): ReactNode {
  if (prediction.error != null) return <span className={styles.bad}>{prediction.error}</span>;
  if (prediction.label != null) {
    return (
      <>
        <b>{labelWords(prediction.label)}</b> {prediction.probability != null && <span className={styles.under}>{scoreText(prediction.probability)}</span>}
      </>
    );
  }
  const text = prediction.outputs == null ? "" : JSON.stringify(prediction.outputs);
  return <span className={styles.mono}>{text.length > 120 ? `${text.slice(0, 120)}…` : text}</span>;
}

/** The last predictions of an endpoint, with what was said of them. */
export function PredictionsTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [limit, setLimit] = useState(50);
  const predictions = useEndpointPredictions(endpoint.name, limit);
  const fields: TableField<EndpointPrediction>[] = [
    {
      key: "at",
      head: "When",
      cell: (one) => (
        <>
          <Ago at={one.at} />
          <div className={styles.under}>{one.protocol}</div>
        </>
      ),
    },
    {
      key: "by",
      head: "Answered by",
      cell: (one) => (
        <>
          {one.variant ?? "–"}
          <div className={styles.under}>
            {one.version == null ? "no version" : <Link href={`/models/${encodeURIComponent(endpoint.model)}?version=${one.version}`}>version {one.version}</Link>}
            {one.isShadow && ", shadow"}
          </div>
        </>
      ),
    },
    { key: "said", head: "Answer", cell: (one) => <Said prediction={one} /> },
    { key: "latency", head: "Took", right: true, wide: true, cell: (one) => latencyText(one.latencyMs) },
    { key: "status", head: "Status", right: true, wide: true, cell: (one) => <span className={one.status >= 400 ? styles.bad : undefined}>{one.status}</span> },
    { key: "caller", head: "Caller", wide: true, cell: (one) => one.caller },
    {
      key: "feedback",
      head: <VisuallyHidden>Feedback</VisuallyHidden>,
      // A shadow answered nobody, and what failed said nothing.
      cell: (one) => !one.isShadow && one.status < 400 && <RowFeedback endpoint={endpoint.name} id={one.predictionId} />,
    },
  ];
  return (
    <Answer of={predictions} what="predictions" rows={6} empty={<Empty title="No predictions yet">Each request to the endpoint stands here, with the version that answered it.</Empty>}>
      {(data) => (
        <>
          <DataTable label="Predictions, newest first" fields={fields} rows={data} rowKey={(one) => one.predictionId} />
          {data.length >= limit && limit < 1000 && (
            <div className={styles.more}>
              <Button variant="subtle" loading={predictions.isFetching} onClick={() => setLimit(Math.min(1000, limit * 4))}>
                Show older predictions
              </Button>
            </div>
          )}
        </>
      )}
    </Answer>
  );
}

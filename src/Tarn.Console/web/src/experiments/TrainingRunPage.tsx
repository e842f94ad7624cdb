import { lazy, Suspense, useState, type ReactNode } from "react";
import { Link, useParams } from "wouter";
import { withQuery } from "../api/client";
import { useArtifacts, useExperiment, useTrainingRun } from "../api/queries";
import type { Artifact, TrainingRun } from "../api/types";
import { DatasetLink } from "../datasets/DatasetLink";
import { bytes } from "../format/numbers";
import { duration } from "../format/time";
import { Answer, Empty, Loading } from "../ui/Answer";
import { DataTable } from "../ui/DataTable";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { Ago, At } from "../ui/Time";
import { useTitle } from "../ui/title";
import { metricText } from "./compare";
import styles from "./Experiments.module.css";

const CurveChart = lazy(() => import("./CompareCharts").then((module) => ({ default: module.CurveChart })));

const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

function Artifacts({ run }: { run: string }): ReactNode {
  const [folder, setFolder] = useState("");
  const artifacts = useArtifacts(run, folder);
  const cell = (artifact: Artifact): ReactNode =>
    artifact.isFolder ? (
      <button type="button" className={styles.linkButton} onClick={() => setFolder(artifact.path)}>
        {base(artifact.path)}/
      </button>
    ) : (
      <a href={`/api/v1${withQuery(`/training-runs/${encodeURIComponent(run)}/artifacts/content`, { path: artifact.path })}`} download>
        {base(artifact.path)}
      </a>
    );
  return (
    <Panel
      title="Artifacts"
      note={
        folder !== "" && (
          <button type="button" className={styles.linkButton} onClick={() => setFolder(folder.includes("/") ? folder.slice(0, folder.lastIndexOf("/")) : "")}>
            {folder}: up
          </button>
        )
      }
      flush
    >
      <Answer of={artifacts} what="artifacts" rows={2} empty={<Empty title="No artifacts" />}>
        {(data) => (
          <DataTable
            label="Artifacts"
            rows={data}
            rowKey={(artifact) => artifact.path}
            fields={[
              { key: "path", head: "File", cell },
              { key: "size", head: "Size", right: true, cell: (artifact) => (artifact.isFolder ? "" : bytes(artifact.size)) },
            ]}
          />
        )}
      </Answer>
    </Panel>
  );
}

function Pairs({ title, pairs }: { title: string; pairs: readonly (readonly [string, ReactNode])[] }): ReactNode {
  return (
    <Panel title={title} flush>
      {pairs.length === 0 ? (
        <Empty title="None" />
      ) : (
        <DataTable
          label={title}
          rows={pairs}
          rowKey={([name]) => name}
          fields={[
            { key: "name", head: "Name", cell: ([name]) => <span className={styles.wrap}>{name}</span> },
            { key: "value", head: "Value", cell: ([, value]) => <span className={`${styles.mono} ${styles.wrap}`}>{value}</span> },
          ]}
        />
      )}
    </Panel>
  );
}

function Inputs({ run }: { run: TrainingRun }): ReactNode {
  return (
    <Panel title="Datasets" flush>
      <DataTable
        label="Datasets"
        rows={run.inputs}
        rowKey={(input) => `${input.name} ${input.digest}`}
        fields={[
          { key: "name", head: "Name", cell: (input) => <span className={styles.wrap}><DatasetLink name={input.name} digest={input.digest} /></span> },
          { key: "value", head: "Value", cell: (input) => <span className={`${styles.mono} ${styles.wrap}`}>{`${input.digest} (${input.tags["mlflow.data.context"] ?? input.sourceType})`}</span> },
        ]}
      />
    </Panel>
  );
}

function Curves({ run }: { run: TrainingRun }): ReactNode {
  const [metric, setMetric] = useState<string>();
  return (
    <Suspense fallback={<Loading rows={4} what="curve" />}>
      <CurveChart runs={[run]} metric={metric} onMetric={setMetric} />
    </Suspense>
  );
}

/** One training run: what was set, what came of it, what it read and left. */
export default function TrainingRunPage(): ReactNode {
  const id = decodeURIComponent(useParams<{ id: string }>().id);
  const detail = useTrainingRun(id);
  const run = detail.data?.run;
  const experiment = useExperiment(run?.experimentId ?? "0").data;
  useTitle(run?.name ?? "Training run");
  return (
    <>
      <PageHead
        title={run?.name ?? "Training run"}
        trail={[{ text: "Experiments", href: "/experiments" }, ...(run === undefined ? [] : [{ text: experiment?.name ?? run.experimentId, href: `/experiments/${run.experimentId}` }])]}
        lead={run?.tags["mlflow.note.content"]}
      />
      <Answer of={detail} what="training run" rows={6}>
        {({ run: data, models }) => (
          <>
            <Panel title="Now">
              <Facts
                items={[
                  ["Status", <StateLabel key="s" state={data.status} />],
                  ["Started", <Ago key="a" at={data.startedAt} />],
                  data.endedAt ? ["Ended", <At key="e" at={data.endedAt} />] : null,
                  data.durationMs !== null && data.durationMs !== undefined ? ["Took", duration(data.durationMs)] : null,
                  data.user !== "" ? ["By", data.user] : null,
                  ["Id", <code key="i">{data.id}</code>],
                  models.length > 0
                    ? [
                        "Models",
                        <span key="m">
                          {models.map((one, index) => (
                            <span key={`${one.model}/${one.version}`}>
                              {index > 0 && ", "}
                              <Link href={`/models/${encodeURIComponent(one.model)}?version=${one.version}`}>
                                {one.model} {one.version}
                              </Link>
                              {one.aliases.length > 0 && ` (${one.aliases.join(", ")})`}
                            </span>
                          ))}
                        </span>,
                      ]
                    : null,
                ]}
              />
            </Panel>
            {data.metrics.length > 0 && (
              <Panel title="Curves">
                <Curves run={data} />
              </Panel>
            )}
            <div className={styles.columns}>
              <Pairs title="Metrics" pairs={data.metrics.map((metric) => [metric.name, `${metricText(metric.value)}${metric.step === 0 ? "" : ` at step ${metric.step}`}`] as const)} />
              <Pairs title="Params" pairs={Object.entries(data.params)} />
            </div>
            {data.inputs.length > 0 && <Inputs run={data} />}
            <div className={styles.columns}>
              <Artifacts run={data.id} />
              <Pairs title="Tags" pairs={Object.entries(data.tags).filter(([name]) => name !== "mlflow.log-model.history")} />
            </div>
          </>
        )}
      </Answer>
    </>
  );
}

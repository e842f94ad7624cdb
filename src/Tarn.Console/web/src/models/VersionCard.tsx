import { Select } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { withQuery } from "../api/client";
import { useTrainingRun, useVersionFile } from "../api/queries";
import type { ModelVersion, TrainingRun } from "../api/types";
import { DatasetLink } from "../datasets/DatasetLink";
import { bytes } from "../format/numbers";
import { metricText } from "../experiments/compare";
import { Answer } from "../ui/Answer";
import { DataTable } from "../ui/DataTable";
import { Facts } from "../ui/Panel";
import { At } from "../ui/Time";
import { AliasTags } from "./AliasTags";
import { firstReadable, isReadable } from "./ledger";
import styles from "./Models.module.css";

function Inputs({ inputs }: { inputs: TrainingRun["inputs"] }): ReactNode {
  return inputs.map((input, index) => (
    <span key={`${input.name} ${input.digest}`}>
      {index > 0 && ", "}
      <DatasetLink name={input.name} digest={input.digest} /> {input.digest}
    </span>
  ));
}

function RunFacts({ run }: { run: string }): ReactNode {
  const detail = useTrainingRun(run);
  return (
    <Answer of={detail} what="training run" rows={2} absent={<p className={styles.under}>The training run is not known here.</p>}>
      {({ run: data }) => (
        <Facts
          items={[
            ["Training run", <Link key="r" href={`/training-runs/${data.id}`}>{data.name}</Link>],
            ...data.metrics.slice(0, 8).map((metric) => [metric.name, metricText(metric.value)] as const),
            ...(data.inputs.length === 0 ? [] : [["Trained on", <Inputs key="i" inputs={data.inputs} />] as const]),
          ]}
        />
      )}
    </Answer>
  );
}

/** All about one version: where it comes from, what its files say. */
export function VersionCard({ version }: { version: ModelVersion }): ReactNode {
  const readable = version.files.filter((file) => isReadable(file.path, file.size)).map((file) => file.path);
  const [chosen, setChosen] = useState<string>();
  const path = chosen ?? firstReadable(version.files);
  const file = useVersionFile(version.model, version.version, path);
  const tags = Object.entries(version.tags);
  return (
    <>
      <div className={styles.part}>
        <Facts
          items={[
            ["Version", String(version.version)],
            version.aliases.length > 0 ? ["Aliases", <AliasTags key="a" names={version.aliases.map((alias) => [alias, null] as const)} />] : null,
            ["Registered", <At key="c" at={version.createdAt} />],
            version.user !== "" ? ["By", version.user] : null,
            version.stage !== "None" ? ["Stage", version.stage] : null,
            version.description !== "" ? ["Description", version.description] : null,
            ["Source", <span key="s" className={styles.mono}>{version.source}</span>],
            ...tags.map(([name, value]) => [name, value] as const),
          ]}
        />
      </div>
      {version.runId && (
        <div className={styles.part}>
          <h3>Made by</h3>
          <RunFacts run={version.runId} />
        </div>
      )}
      {path !== undefined && (
        <div className={styles.part}>
          {readable.length > 1 ? <Select size="xs" label="File" data={readable} value={path} allowDeselect={false} onChange={(value) => setChosen(value ?? undefined)} /> : <h3>{path}</h3>}
          <Answer of={file} what="file" rows={3}>
            {(data) => <pre tabIndex={0}>{JSON.stringify(data, null, 2)}</pre>}
          </Answer>
        </div>
      )}
      {version.files.length > 0 && (
        <DataTable
          label="Files"
          rows={version.files}
          rowKey={(one) => one.path}
          fields={[
            {
              key: "path",
              head: "File",
              cell: (one) => (
                <a href={`/api/v1${withQuery(`/models/${encodeURIComponent(version.model)}/versions/${version.version}/files/content`, { path: one.path })}`} download>
                  {one.path}
                </a>
              ),
            },
            { key: "size", head: "Size", right: true, cell: (one) => bytes(one.size) },
            { key: "hash", head: "SHA-256", wide: true, cell: (one) => <span className={styles.mono}>{one.sha256}</span> },
          ]}
        />
      )}
    </>
  );
}

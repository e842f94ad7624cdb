import { Tabs, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useModel } from "../api/queries";
import type { ModelVersion, RegisteredModelDetail } from "../api/types";
import { bytes, count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import { AliasTags } from "./AliasTags";
import { LedgerTab } from "./LedgerTab";
import { Promote, RollBack } from "./MoveAlias";
import { VersionCard } from "./VersionCard";
import styles from "./Models.module.css";

function VersionsTab({ data, onVersion }: { data: RegisteredModelDetail; onVersion: (version: number) => void }): ReactNode {
  const fields: TableField<ModelVersion>[] = [
    {
      key: "version",
      head: "Version",
      right: true,
      cell: (version) => (
        <button type="button" className={styles.linkButton} aria-label={`Card of version ${version.version}`} onClick={() => onVersion(version.version)}>
          {version.version}
        </button>
      ),
    },
    { key: "aliases", head: "Aliases", cell: (version) => <AliasTags names={version.aliases.map((alias) => [alias, null] as const)} /> },
    { key: "registered", head: "Registered", cell: (version) => <Ago at={version.createdAt} /> },
    { key: "by", head: "By", wide: true, cell: (version) => version.user },
    { key: "run", head: "Training run", wide: true, cell: (version) => version.runId && <Link href={`/training-runs/${version.runId}`}>{version.runId.slice(-8)}</Link> },
    { key: "size", head: "Size", right: true, wide: true, cell: (version) => (version.files.length === 0 ? "" : bytes(version.files.reduce((sum, file) => sum + file.size, 0))) },
    { key: "description", head: "Description", wide: true, cell: (version) => version.description },
    { key: "promote", head: <VisuallyHidden>Actions</VisuallyHidden>, cell: (version) => <Promote version={version} aliases={data.model.aliases} /> },
  ];
  return data.versions.length === 0 ? (
    <Empty title="No versions">They appear when a training, or an MLflow client, registers one.</Empty>
  ) : (
    <DataTable label="Versions" fields={fields} rows={data.versions} rowKey={(version) => String(version.version)} />
  );
}

export default function ModelPage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const model = useModel(name);
  const [url, setUrl] = useUrlState();
  const tab = url.get("tab") ?? (url.has("version") ? "card" : "versions");
  const shown = (data: RegisteredModelDetail): ModelVersion | undefined => {
    const wanted = Number(url.get("version") ?? data.model.aliases["champion"] ?? data.versions[0]?.version);
    return data.versions.find((version) => version.version === wanted);
  };
  return (
    <>
      <PageHead title={name} trail={[{ text: "Models", href: "/models" }]} lead={model.data?.model.description}>
        {model.data && <RollBack model={name} champion={model.data.model.aliases["champion"]} />}
      </PageHead>
      <Answer of={model} what="model" rows={5}>
        {(data) => {
          const version = shown(data);
          return (
            <>
              <Panel title="Now">
                <Facts
                  items={[
                    ["Champion", data.model.aliases["champion"] === undefined ? "none" : `version ${data.model.aliases["champion"]}`],
                    ["Versions", count(data.versions.length)],
                    ["Changed", <Ago key="u" at={data.model.updatedAt} />],
                    ["Registered", <Ago key="c" at={data.model.createdAt} />],
                    ...Object.entries(data.model.tags).map(([key, value]) => [key, value] as const),
                  ]}
                />
              </Panel>
              <section className={styles.tabs}>
                <Tabs value={tab} onChange={(value) => setUrl({ tab: value === "versions" ? null : value, version: value === "card" ? url.get("version") : null })} keepMounted={false}>
                  <Tabs.List>
                    <Tabs.Tab value="versions">Versions</Tabs.Tab>
                    <Tabs.Tab value="ledger">Ledger</Tabs.Tab>
                    {version && <Tabs.Tab value="card">Card of {version.version}</Tabs.Tab>}
                  </Tabs.List>
                  <Tabs.Panel value="versions">
                    <VersionsTab data={data} onVersion={(number) => setUrl({ tab: "card", version: number })} />
                  </Tabs.Panel>
                  <Tabs.Panel value="ledger">
                    <LedgerTab name={name} />
                  </Tabs.Panel>
                  <Tabs.Panel value="card">{version ? <VersionCard key={version.version} version={version} /> : <Empty title="There is no such version" />}</Tabs.Panel>
                </Tabs>
              </section>
            </>
          );
        }}
      </Answer>
    </>
  );
}

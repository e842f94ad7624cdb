import { Tabs } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useTable } from "../api/queries";
import type { SqlModel, TableDetail } from "../api/types";
import { bytes, count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable } from "../ui/DataTable";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import { HistoryTab } from "./HistoryTab";
import { RowsTab } from "./RowsTab";
import styles from "./Tables.module.css";

function SchemaTab({ table }: { table: TableDetail }): ReactNode {
  const properties = Object.entries(table.properties ?? {});
  return (
    <>
      <DataTable
        label="Schema"
        rows={table.schema}
        rowKey={(column) => column.name}
        fields={[
          {
            key: "name",
            head: "Column",
            cell: (column) => (
              <>
                <code>{column.name}</code>
                {table.key?.includes(column.name) && <small className={styles.tag}>key</small>}
                {table.partitionBy?.includes(column.name) && <small className={styles.tag}>partition</small>}
              </>
            ),
          },
          { key: "type", head: "Type", cell: (column) => <code>{column.type.toLowerCase()}</code> },
          { key: "nullable", head: "Nullable", cell: (column) => (column.nullable === false ? "no" : "yes") },
          { key: "description", head: "Description", cell: (column) => column.description ?? "" },
        ]}
      />
      {(table.transactions?.length ?? 0) > 0 && (
        <div className={styles.part}>
          <h3>Progress in the commits</h3>
          <Facts items={(table.transactions ?? []).map((one) => [one.appId, String(one.version)] as const)} />
        </div>
      )}
      {properties.length > 0 && (
        <div className={styles.part}>
          <h3>Properties</h3>
          <Facts items={properties.map(([name, value]) => [name, String(value)] as const)} />
        </div>
      )}
    </>
  );
}

function Tables({ names }: { names: readonly string[] }): ReactNode {
  return names.map((name, index) => (
    <Fragment key={name}>
      {index > 0 && ", "}
      <Link href={`/tables/${encodeURIComponent(name)}`}>{name}</Link>
    </Fragment>
  ));
}

function ModelTab({ model }: { model: SqlModel }): ReactNode {
  return (
    <>
      <div className={styles.part}>
        <Facts
          items={[
            ["File", <code key="f">{model.file}</code>],
            ["Materialized", model.materialized],
            ["Run by", <Link key="p" href={`/pipelines/${encodeURIComponent(model.pipeline)}`}>{model.pipeline}</Link>],
            model.watermark ? ["Watermark", <code key="w">{model.lookback ? `${model.watermark} less ${model.lookback}` : model.watermark}</code>] : null,
          ]}
        />
      </div>
      {model.tests.length > 0 && (
        <div className={styles.part}>
          <h3>Tests before publishing</h3>
          <Facts items={model.tests.map((one, index) => [`${index + 1}`, <code key={one.test}>{one.severity === "warn" ? `${one.test} (warns)` : one.test}</code>] as const)} />
        </div>
      )}
      <div className={styles.part}>
        <h3>Query</h3>
        <pre className={styles.sql}>{model.sql}</pre>
      </div>
    </>
  );
}

export default function TablePage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const table = useTable(name);
  const [url, setUrl] = useUrlState();
  const tab = url.get("tab") ?? "rows";
  const isView = table.data?.kind === "view";
  return (
    <>
      <PageHead title={name} trail={[{ text: "Tables", href: "/tables" }]} lead={table.data?.description}>
        <Link href={`/tables?sql=${encodeURIComponent(`select *\nfrom ${name}\nlimit 100`)}`}>Query with SQL</Link>
      </PageHead>
      <Answer of={table} what="table" rows={6}>
        {(data) => (
          <>
            <Panel title="Now">
              <Facts
                items={[
                  isView ? ["Kind", "view"] : ["Version", count(data.version)],
                  [isView ? "Stored" : "Updated", <Ago key="u" at={data.updatedAt} />],
                  isView ? null : ["Rows", count(data.rows)],
                  isView ? null : ["Files", count(data.files)],
                  isView ? null : ["Size", bytes(data.bytes)],
                  data.key && data.key.length > 0 ? ["Key", <code key="k">{data.key.join(", ")}</code>] : null,
                  data.partitionBy && data.partitionBy.length > 0 ? ["Partitioned by", <code key="p">{data.partitionBy.join(", ")}</code>] : null,
                  data.location ? ["Location", <code key="l">{data.location}</code>] : null,
                  data.upstream && data.upstream.length > 0 ? ["Reads", <Tables key="r" names={data.upstream} />] : null,
                  data.downstream && data.downstream.length > 0 ? ["Read by", <Tables key="b" names={data.downstream} />] : null,
                ]}
              />
            </Panel>
            <section className={styles.tabs}>
              <Tabs value={tab} onChange={(value) => setUrl({ tab: value === "rows" ? null : value })} keepMounted={false}>
                <Tabs.List>
                  <Tabs.Tab value="rows">Rows</Tabs.Tab>
                  {!isView && <Tabs.Tab value="history">History</Tabs.Tab>}
                  <Tabs.Tab value="schema">Schema</Tabs.Tab>
                  {data.model && <Tabs.Tab value="model">Model</Tabs.Tab>}
                </Tabs.List>
                <Tabs.Panel value="rows">{data.version !== null && data.version < 0 ? <Empty title="No commit yet" /> : <RowsTab name={name} newest={data.version} />}</Tabs.Panel>
                <Tabs.Panel value="history">
                  <HistoryTab name={name} />
                </Tabs.Panel>
                <Tabs.Panel value="schema">
                  <SchemaTab table={data} />
                </Tabs.Panel>
                {data.model && (
                  <Tabs.Panel value="model">
                    <ModelTab model={data.model} />
                  </Tabs.Panel>
                )}
              </Tabs>
            </section>
          </>
        )}
      </Answer>
    </>
  );
}

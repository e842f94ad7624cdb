import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useTable } from "../api/queries";
import type { TableDetail } from "../api/types";
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

export default function TablePage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const table = useTable(name);
  const [url, setUrl] = useUrlState();
  const tab = url.get("tab") ?? "rows";
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
                  ["Version", count(data.version)],
                  ["Updated", <Ago key="u" at={data.updatedAt} />],
                  ["Rows", count(data.rows)],
                  ["Files", count(data.files)],
                  ["Size", bytes(data.bytes)],
                  data.key && data.key.length > 0 ? ["Key", <code key="k">{data.key.join(", ")}</code>] : null,
                  data.partitionBy && data.partitionBy.length > 0 ? ["Partitioned by", <code key="p">{data.partitionBy.join(", ")}</code>] : null,
                  data.location ? ["Location", <code key="l">{data.location}</code>] : null,
                ]}
              />
            </Panel>
            <section className={styles.tabs}>
              <Tabs value={tab} onChange={(value) => setUrl({ tab: value === "rows" ? null : value })} keepMounted={false}>
                <Tabs.List>
                  <Tabs.Tab value="rows">Rows</Tabs.Tab>
                  <Tabs.Tab value="history">History</Tabs.Tab>
                  <Tabs.Tab value="schema">Schema</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="rows">{data.version < 0 ? <Empty title="No commit yet" /> : <RowsTab name={name} newest={data.version} />}</Tabs.Panel>
                <Tabs.Panel value="history">
                  <HistoryTab name={name} />
                </Tabs.Panel>
                <Tabs.Panel value="schema">
                  <SchemaTab table={data} />
                </Tabs.Panel>
              </Tabs>
            </section>
          </>
        )}
      </Answer>
    </>
  );
}

import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useDataset } from "../api/queries";
import type { DatasetDetail, DatasetRange } from "../api/types";
import { bytes, count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import { ClassTable } from "./ClassTable";
import styles from "./Datasets.module.css";
import { FindingsTab } from "./FindingsTab";
import { ImagesTab } from "./ImagesTab";
import { UsesTab } from "./UsesTab";

const range = (pixels: DatasetRange): string => (pixels.least === pixels.most ? `${count(pixels.least)} px` : `${count(pixels.least)}–${count(pixels.most)} px, median ${count(pixels.median)}`);

/** What a tab keeps in the address; another tab starts without it. */
const ofTabs = { label: null, split: null, finding: null, group: null, check: null, kept: null, offset: null };

function Parts({ name, version, data }: { name: string; version: string | null; data: DatasetDetail }): ReactNode {
  const [url, setUrl] = useUrlState();
  const { dataset } = data;
  const found = dataset.findings + dataset.quarantined;
  return (
    <>
      {version !== null && (
        <p className={styles.travelling} role="status">
          You see the images of <b>version {version}</b>. What was kept out and who judged are those of now.{" "}
          <button type="button" onClick={() => setUrl({ version: null, offset: null })}>
            Back to the newest
          </button>
        </p>
      )}
      <Panel title="Now">
        <Facts
          items={[
            ["Images", count(dataset.images)],
            ["Bytes", bytes(dataset.bytes)],
            ["Version", <Link key="v" href={`/tables/${encodeURIComponent(name)}?tab=history`}>{count(dataset.version)}</Link>],
            ["Changed", <Ago key="c" at={dataset.updatedAt} />],
            dataset.images > 0 ? ["Formats", Object.entries(data.formats).map(([format, number]) => `${count(number)} ${format}`).join(", ")] : null,
            data.widths ? ["Width", range(data.widths)] : null,
            data.heights ? ["Height", range(data.heights)] : null,
            ["Groups of lookalikes", count(data.groups)],
            ["Kept out", count(dataset.quarantined)],
            ["Test images used", dataset.testUses === 0 ? "never" : dataset.testUses === 1 ? "once" : `${count(dataset.testUses)} times`],
          ]}
        />
      </Panel>
      <Panel title="Classes and splits" flush>
        {data.classes.length === 0 ? <Empty title="No classes">They come with the first images.</Empty> : <ClassTable classes={data.classes} onShow={(filter) => setUrl({ ...ofTabs, tab: null, label: filter.label, split: filter.split })} />}
      </Panel>
      <section className={styles.tabs} aria-label="Images, findings and uses">
        <Tabs value={url.get("tab") ?? "images"} onChange={(value) => setUrl({ ...ofTabs, tab: value === "images" ? null : value })} keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="images">Images</Tabs.Tab>
            <Tabs.Tab value="findings">Findings{found > 0 && ` (${count(found)})`}</Tabs.Tab>
            <Tabs.Tab value="uses">Test uses{dataset.testUses > 0 && ` (${count(dataset.testUses)})`}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="images">
            <ImagesTab name={name} version={version} data={data} />
          </Tabs.Panel>
          <Tabs.Panel value="findings">
            <FindingsTab name={name} version={version} data={data} />
          </Tabs.Panel>
          <Tabs.Panel value="uses">
            <UsesTab uses={data.testUses} />
          </Tabs.Panel>
        </Tabs>
      </section>
    </>
  );
}

/** One image dataset: its classes and splits, its images, what checks found, who judged by it. */
export default function DatasetPage(): ReactNode {
  const name = decodeURIComponent(useParams<{ name: string }>().name);
  useTitle(name);
  const [url] = useUrlState();
  const version = url.get("version");
  const dataset = useDataset(name, version);
  return (
    <>
      <PageHead title={name} trail={[{ text: "Datasets", href: "/datasets" }]}>
        <Link href={`/tables/${encodeURIComponent(name)}`}>Its table</Link>
      </PageHead>
      <Answer of={dataset} what="dataset" rows={6}>
        {(data) => <Parts name={name} version={version} data={data} />}
      </Answer>
    </>
  );
}

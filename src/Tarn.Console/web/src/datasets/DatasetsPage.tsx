import type { ReactNode } from "react";
import { Link } from "wouter";
import { useDatasets } from "../api/queries";
import type { Dataset } from "../api/types";
import { bytes, count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import styles from "./Datasets.module.css";
import { Picture } from "./Picture";

const href = (dataset: Dataset, query = ""): string => `/datasets/${encodeURIComponent(dataset.name)}${query}`;

const fields: TableField<Dataset>[] = [
  {
    key: "name",
    head: "Dataset",
    cell: (dataset) => (
      <>
        <Link href={href(dataset)} className={styles.name}>
          {dataset.name}
        </Link>
        <div className={styles.under}>
          version {count(dataset.version)}, {bytes(dataset.bytes)}
        </div>
      </>
    ),
  },
  {
    key: "samples",
    head: "Some of them",
    wide: true,
    cell: (dataset) => (
      <div className={styles.samples}>
        {dataset.samples.map((sha256) => (
          <Picture key={sha256} dataset={dataset.name} sha256={sha256} size={96} alt="" className={styles.sample} />
        ))}
      </div>
    ),
  },
  { key: "images", head: "Images", right: true, cell: (dataset) => count(dataset.images) },
  { key: "classes", head: "Classes", right: true, cell: (dataset) => count(dataset.classes) },
  {
    key: "splits",
    head: "Train / validation / test",
    right: true,
    wide: true,
    cell: (dataset) => `${count(dataset.train)} / ${count(dataset.validation)} / ${count(dataset.test)}`,
  },
  {
    key: "out",
    head: "Kept out",
    right: true,
    cell: (dataset) => (dataset.quarantined === 0 ? "0" : <Link href={href(dataset, "?tab=findings&kept=out")}>{count(dataset.quarantined)}</Link>),
  },
  {
    key: "uses",
    head: "Test used",
    right: true,
    wide: true,
    cell: (dataset) => (dataset.testUses === 0 ? "never" : <Link href={href(dataset, "?tab=uses")}>{dataset.testUses === 1 ? "once" : `${count(dataset.testUses)} times`}</Link>),
  },
  { key: "updated", head: "Changed", wide: true, cell: (dataset) => <Ago at={dataset.updatedAt} /> },
];

/** The image datasets of the lake. */
export default function DatasetsPage(): ReactNode {
  useTitle("Datasets");
  const datasets = useDatasets();
  return (
    <>
      <PageHead title="Datasets" lead="Images with classes, in tables of the lake. A training run names a table and its version, and an image keeps its split for good." />
      <Panel title="All image datasets" flush>
        <Answer of={datasets} what="datasets" empty={<Empty title="No image datasets">They appear with the first import of images, as a training of an image model makes one.</Empty>}>
          {(data) => <DataTable label="Datasets" fields={fields} rows={data} rowKey={(dataset) => dataset.name} />}
        </Answer>
      </Panel>
    </>
  );
}

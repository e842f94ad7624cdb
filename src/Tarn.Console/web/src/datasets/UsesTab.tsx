import type { ReactNode } from "react";
import { Link } from "wouter";
import type { DatasetTestUse } from "../api/types";
import { count } from "../format/numbers";
import { Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { At } from "../ui/Time";
import styles from "./Datasets.module.css";
import { isRunId } from "./words";

const fields: TableField<DatasetTestUse>[] = [
  { key: "at", head: "When", cell: (use) => <At at={use.usedAt} /> },
  { key: "by", head: "By", cell: (use) => (isRunId(use.usedBy) ? <Link href={`/training-runs/${use.usedBy}`}>training run {use.usedBy.slice(-8)}</Link> : <span className={styles.wrap}>{use.usedBy}</span>) },
  { key: "for", head: "For", cell: (use) => use.purpose },
  { key: "version", head: "Version", right: true, wide: true, cell: (use) => count(use.version) },
  { key: "images", head: "Test images", right: true, wide: true, cell: (use) => count(use.images) },
  {
    key: "earlier",
    head: "Seen before",
    cell: (use) => (use.earlier === 0 ? "never" : <span className={styles.warn}>{use.earlier === 1 ? "once, by another" : `${use.earlier} times, by others`}</span>),
  },
  { key: "fingerprint", head: "Their hash", wide: true, cell: (use) => <span className={styles.mono}>{use.fingerprint.slice(0, 12)}</span> },
];

/** Who judged by the test images: what is chosen by an outcome is no longer judged by images that nobody had seen. */
export function UsesTab({ uses }: { uses: readonly DatasetTestUse[] }): ReactNode {
  return uses.length === 0 ? (
    <Empty title="Nobody has judged by the test images yet">Who does stands here from then on: the first judgement is by images that nobody had seen, later ones are not.</Empty>
  ) : (
    <DataTable label="Uses of the test images" fields={fields} rows={[...uses].reverse()} rowKey={(use) => `${use.usedAt} ${use.usedBy} ${use.purpose}`} />
  );
}

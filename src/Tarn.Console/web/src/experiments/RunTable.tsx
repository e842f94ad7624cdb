import { VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { TrainingRun } from "../api/types";
import { duration } from "../format/time";
import { DataTable, type Sort, type TableField } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { metricNames, metricOf, metricText, paramNames, varyingParams } from "./compare";
import styles from "./Experiments.module.css";

const shownMetrics = 4;
const shownParams = 4;

/** A name in MLflow's language of searches: quoted where it is not a plain word. */
export const quoted = (name: string): string => (/^\w+$/.test(name) ? name : `\`${name}\``);

/** The order that a sort asks the server for. */
export function orderOf(sort: Sort | undefined): string {
  if (sort === undefined) return "";
  const [kind, ...rest] = sort.by.split(":");
  const name = rest.join(":");
  const column = kind === "metric" ? `metrics.${quoted(name)}` : kind === "param" ? `params.${quoted(name)}` : sort.by === "name" ? "attributes.run_name" : `attributes.${sort.by}`;
  return `${column} ${sort.descending ? "DESC" : "ASC"}`;
}

/** The runs of an experiment, to look through and to choose from. */
export function RunTable({ runs, chosen, onChoose, sort, onSort }: {
  runs: readonly TrainingRun[];
  chosen: ReadonlySet<string>;
  onChoose: (id: string) => void;
  sort: Sort | undefined;
  onSort: (sort: Sort) => void;
}): ReactNode {
  const varying = varyingParams(runs);
  const params = (varying.length > 0 ? varying : paramNames(runs)).slice(0, shownParams);
  const fields: TableField<TrainingRun>[] = [
    {
      key: "chosen",
      head: <VisuallyHidden>Compare</VisuallyHidden>,
      cell: (run) => <input type="checkbox" className={styles.choice} aria-label={`Compare ${run.name}`} checked={chosen.has(run.id)} onChange={() => onChoose(run.id)} />,
    },
    {
      key: "name",
      head: "Run",
      sortable: true,
      cell: (run) => (
        <Link href={`/training-runs/${run.id}`} className={styles.name}>
          {run.name}
        </Link>
      ),
    },
    { key: "status", head: "Status", cell: (run) => <StateLabel state={run.status} /> },
    ...metricNames(runs)
      .slice(0, shownMetrics)
      .map((name): TableField<TrainingRun> => ({ key: `metric:${name}`, head: name, right: true, sortable: true, cell: (run) => metricText(metricOf(run, name)) })),
    ...params.map((name): TableField<TrainingRun> => ({ key: `param:${name}`, head: name, wide: true, sortable: true, cell: (run) => <span className={styles.mono}>{run.params[name] ?? ""}</span> })),
    { key: "start_time", head: "Started", sortable: true, cell: (run) => <Ago at={run.startedAt} /> },
    { key: "took", head: "Took", right: true, wide: true, cell: (run) => (run.durationMs === null || run.durationMs === undefined ? "" : duration(run.durationMs)) },
  ];
  return <DataTable label="Training runs" fields={fields} rows={runs} rowKey={(run) => run.id} sort={sort} onSort={onSort} chosen={(run) => chosen.has(run.id)} />;
}

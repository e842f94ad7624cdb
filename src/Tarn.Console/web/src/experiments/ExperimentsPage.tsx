import type { ReactNode } from "react";
import { Link } from "wouter";
import { useExperiments } from "../api/queries";
import type { Experiment } from "../api/types";
import { count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import styles from "./Experiments.module.css";

const fields: TableField<Experiment>[] = [
  {
    key: "name",
    head: "Experiment",
    cell: (experiment) => (
      <>
        <Link href={`/experiments/${experiment.id}`} className={styles.name}>
          {experiment.name}
        </Link>
        {experiment.tags["mlflow.note.content"] && <div className={styles.under}>{experiment.tags["mlflow.note.content"]}</div>}
      </>
    ),
  },
  { key: "runs", head: "Runs", right: true, cell: (experiment) => count(experiment.runs) },
  { key: "running", head: "Under way", wide: true, cell: (experiment) => (experiment.runningRuns > 0 ? <StateLabel state="running">{count(experiment.runningRuns)}</StateLabel> : "") },
  { key: "last", head: "Last started", cell: (experiment) => <Ago at={experiment.lastStartedAt} /> },
  { key: "created", head: "Created", wide: true, cell: (experiment) => <Ago at={experiment.createdAt} /> },
];

/** What training runs that belong together stand under. */
export default function ExperimentsPage(): ReactNode {
  useTitle("Experiments");
  const experiments = useExperiments();
  return (
    <>
      <PageHead title="Experiments" lead="Training runs with their params, metrics and artifacts. MLflow's clients log here: set their tracking URI to this server." />
      <Panel title="All experiments" flush>
        <Answer of={experiments} what="experiments" empty={<Empty title="No experiments" />}>
          {(data) => <DataTable label="Experiments" fields={fields} rows={data} rowKey={(experiment) => experiment.id} />}
        </Answer>
      </Panel>
    </>
  );
}

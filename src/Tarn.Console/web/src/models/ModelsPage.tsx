import type { ReactNode } from "react";
import { Link } from "wouter";
import { useModels } from "../api/queries";
import type { RegisteredModel } from "../api/types";
import { count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { AliasTags } from "./AliasTags";
import styles from "./Models.module.css";

const fields: TableField<RegisteredModel>[] = [
  {
    key: "name",
    head: "Model",
    cell: (model) => (
      <>
        <Link href={`/models/${encodeURIComponent(model.name)}`} className={styles.name}>
          {model.name}
        </Link>
        {model.description !== "" && <div className={styles.under}>{model.description}</div>}
      </>
    ),
  },
  { key: "aliases", head: "Aliases", cell: (model) => <AliasTags names={Object.entries(model.aliases).map(([alias, version]) => [alias, version] as const)} /> },
  { key: "last", head: "Last version", right: true, wide: true, cell: (model) => (model.lastVersion === 0 ? "" : count(model.lastVersion)) },
  { key: "updated", head: "Changed", cell: (model) => <Ago at={model.updatedAt} /> },
];

/** The registered models. */
export default function ModelsPage(): ReactNode {
  useTitle("Models");
  const models = useModels();
  return (
    <>
      <PageHead title="Models" lead="Registered models with their versions. An alias says which version is meant: the champion answers, a challenger would like to." />
      <Panel title="All models" flush>
        <Answer of={models} what="models" empty={<Empty title="No models">They appear with the first version that a training, or an MLflow client, registers.</Empty>}>
          {(data) => <DataTable label="Models" fields={fields} rows={data} rowKey={(model) => model.name} />}
        </Answer>
      </Panel>
    </>
  );
}

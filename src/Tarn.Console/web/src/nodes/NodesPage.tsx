import type { ReactNode } from "react";
import { useNodes } from "../api/queries";
import type { Node } from "../api/types";
import { Answer, Empty } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import styles from "./Nodes.module.css";

function Slots({ node }: { node: Node }): ReactNode {
  const part = node.slots === 0 ? 0 : Math.min(100, (node.running / node.slots) * 100);
  return (
    <span className={styles.slots}>
      <span className={styles.meter} aria-hidden>
        <span style={{ width: `${part}%` }} />
      </span>
      {node.running} of {node.slots}
    </span>
  );
}

const fields: TableField<Node>[] = [
  {
    key: "name",
    head: "Node",
    cell: (node) => (
      <>
        <b>{node.name}</b>
        {node.leader && <small className={styles.leader}>leader</small>}
        {node.id !== node.name && <div className={styles.under}>{node.id}</div>}
      </>
    ),
  },
  { key: "state", head: "State", cell: (node) => <StateLabel state={node.state} /> },
  { key: "slots", head: "Slots in use", cell: (node) => <Slots node={node} /> },
  { key: "started", head: "Started", cell: (node) => <Ago at={node.startedAt} /> },
  { key: "seen", head: "Last seen", wide: true, cell: (node) => <Ago at={node.seenAt} /> },
];

/** The processes that run tasks. */
export default function NodesPage(): ReactNode {
  useTitle("Nodes");
  const nodes = useNodes();
  const leader = nodes.data?.find((node) => node.leader);
  return (
    <>
      <PageHead title="Nodes" lead="The processes that share the metadata store. One of them leads: it schedules, admits runs and hands out tasks; all of them run tasks." />
      <Panel title="All nodes" note={nodes.data && nodes.data.length > 0 && (leader === undefined ? "no leader" : `led by ${leader.name}`)} flush>
        <Answer of={nodes} what="nodes" rows={2} absent={<Empty title="This server does not tell of its nodes" />} empty={<Empty title="No nodes">None has registered yet.</Empty>}>
          {(data) => <DataTable label="Nodes" fields={fields} rows={data} rowKey={(node) => node.id} />}
        </Answer>
      </Panel>
    </>
  );
}

import type { ReactNode } from "react";
import { useTables } from "../api/queries";
import { PageHead, Panel } from "../ui/Panel";
import { useTitle } from "../ui/title";
import { SqlBox } from "./SqlBox";
import { TableList } from "./TableList";

export default function TablesPage(): ReactNode {
  useTitle("Tables");
  const tables = useTables();
  return (
    <>
      <PageHead title="Tables" />
      <Panel title="All tables" flush>
        <TableList of={tables} />
      </Panel>
      <SqlBox tables={tables.data} />
    </>
  );
}

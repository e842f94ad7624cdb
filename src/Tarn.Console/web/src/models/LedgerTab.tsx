import type { ReactNode } from "react";
import { useLedger } from "../api/queries";
import type { LedgerEntry } from "../api/types";
import { Ledger, ledgerFields } from "../ui/Ledger";
import { AliasTags } from "./AliasTags";
import { ledgerWords, moveText } from "./ledger";
import styles from "./Models.module.css";

const fields = ledgerFields<LedgerEntry>("Entry", [
  { key: "alias", head: "Alias", cell: (entry) => <AliasTags names={[[entry.alias, null]]} /> },
  { key: "what", head: "What", cell: (entry) => ledgerWords[entry.kind] },
  { key: "move", head: "Version", cell: (entry) => <span className={styles.move}>{moveText(entry)}</span> },
]);

/** What happened to a model's aliases, newest first. */
export function LedgerTab({ name }: { name: string }): ReactNode {
  return <Ledger name={name} useEntries={useLedger} fields={fields} empty="The ledger begins with the first alias that is given to a version." />;
}

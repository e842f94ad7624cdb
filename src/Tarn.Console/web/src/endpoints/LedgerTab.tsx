import type { ReactNode } from "react";
import { useEndpointLedger } from "../api/serving";
import type { EndpointLedgerEntry } from "../api/servingTypes";
import { Ledger, ledgerFields } from "../ui/Ledger";
import { routeWords } from "./split";
import styles from "./Endpoints.module.css";

const kindWords: Record<string, string> = {
  created: "made",
  route_set: "split",
  deleted: "deleted",
  rollout_started: "rollout started",
  rollout_advanced: "rollout went on",
  rollout_expired: "a stage takes too long",
  rollout_paused: "rollout paused",
  rollout_resumed: "rollout resumed",
  rolled_back: "rolled back",
  rollout_aborted: "rollout aborted",
  rollout_finished: "rollout finished",
};

const fields = ledgerFields<EndpointLedgerEntry>("Revision", [
  { key: "what", head: "What", cell: (entry) => kindWords[entry.kind] ?? entry.kind.replace(/_/g, " ") },
  {
    key: "split",
    head: "Split",
    cell: (entry) => {
      const [from, to] = [routeWords(entry.from), routeWords(entry.to)];
      return (
        <>
          {from === to ? <span className={styles.under}>stays: {to}</span> : entry.to != null && to}
          {from !== to && entry.from != null && <div className={styles.under}>before: {from}</div>}
        </>
      );
    },
  },
]);

/** What happened to an endpoint, newest first. */
export function EndpointLedgerTab({ name }: { name: string }): ReactNode {
  return <Ledger name={name} useEntries={useEndpointLedger} fields={fields} empty="Every change of the split stands here, with who made it and why." />;
}

import { Button, Modal, Switch, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { get, post, remove } from "../api/client";
import { count, fixed } from "../format/numbers";
import { Answer, Empty, ErrorNote } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { PageHead, Panel } from "../ui/Panel";
import { StateLabel } from "../ui/State";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { NewKey, Secret } from "./NewKey";
import { scopeWords, useSession } from "./session";
import styles from "./Session.module.css";

export interface Key {
  id: string;
  name: string;
  state: "active" | "expired" | "revoked";
  role: string;
  endpoints: string[];
  verbs: string[];
  ratePerSecond?: number | null;
  requestsPerDay?: number | null;
  requestsToday: number;
  createdAt: string;
  createdBy: string;
  expiresAt?: string | null;
  previousUntil?: string | null;
  lastUsedAt?: string | null;
}

/** A key that was just made or rotated, with its text, which is shown this once. */
export interface MadeKey {
  key: string;
  details: Key;
}

/** Asks before something that cannot be taken back, and says what came of it. */
function KeyActions({ of, onSecret }: { of: Key; onSecret: (made: MadeKey) => void }): ReactNode {
  const [asked, setAsked] = useState<"rotate" | "revoke" | null>(null);
  const queries = useQueryClient();
  const done = (): void => {
    setAsked(null);
    void queries.invalidateQueries({ queryKey: ["keys"] });
  };
  const rotate = useMutation({
    mutationFn: () => post<MadeKey>(`/keys/${encodeURIComponent(of.id)}/rotate`),
    onSuccess: (made) => {
      done();
      onSecret(made);
    },
  });
  const revoke = useMutation({ mutationFn: () => remove<Key>(`/keys/${encodeURIComponent(of.id)}`), onSuccess: done });
  const error = asked === "rotate" ? rotate.error : revoke.error;
  if (of.state === "revoked") return null;
  return (
    <span className={styles.actions}>
      <Button size="compact-xs" variant="default" aria-label={`Rotate ${of.name}`} onClick={() => setAsked("rotate")}>
        Rotate
      </Button>
      <Button size="compact-xs" variant="default" c="var(--bad)" aria-label={`Revoke ${of.name}`} onClick={() => setAsked("revoke")}>
        Revoke
      </Button>
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title={asked === "rotate" ? `Rotate ${of.name}` : `Revoke ${of.name}`} centered>
        <div className={styles.form}>
          <p>
            {asked === "rotate"
              ? "It gets a new secret, which is shown once. The old one goes on for a time of grace, by default a day, so that those who use it can change."
              : "Whoever uses it is refused from now on, and its sessions end. A revoked key stays revoked."}
          </p>
          {error !== null && <ErrorNote error={error} />}
          <Button color={asked === "revoke" ? "red" : undefined} loading={rotate.isPending || revoke.isPending} onClick={() => (asked === "rotate" ? rotate.mutate() : revoke.mutate())}>
            {asked === "rotate" ? "Make a new secret" : "Revoke it"}
          </Button>
        </div>
      </Modal>
    </span>
  );
}

const limits = (key: Key): string =>
  [key.ratePerSecond == null ? "" : `${fixed(key.ratePerSecond, Number.isInteger(key.ratePerSecond) ? 0 : 1)} a second`, key.requestsPerDay == null ? "" : `${count(key.requestsToday)} of ${count(key.requestsPerDay)} today`]
    .filter((part) => part !== "")
    .join(", ") || "none";

/** The keys by which callers say who they are. */
export default function KeysPage(): ReactNode {
  useTitle("Keys");
  const [all, setAll] = useState(false);
  const [secret, setSecret] = useState<MadeKey | null>(null);
  const session = useSession().data;
  const keys = useQuery({ queryKey: ["keys", all], queryFn: ({ signal }) => get<Key[]>("/keys", { all }, signal), refetchInterval: 30_000 });
  const fields: TableField<Key>[] = [
    {
      key: "name",
      head: "Key",
      cell: (key) => (
        <>
          <b>{key.name}</b>
          <div className={styles.under}>{key.id}</div>
        </>
      ),
    },
    {
      key: "state",
      head: "State",
      cell: (key) => (
        <>
          <StateLabel state={key.state === "expired" ? "stopped" : key.state}>{key.state}</StateLabel>
          {key.previousUntil != null && (
            <div className={styles.under}>
              old secret ends <Ago at={key.previousUntil} />
            </div>
          )}
        </>
      ),
    },
    {
      key: "may",
      head: "May",
      cell: (key) => (
        <>
          {key.role}
          {(key.endpoints.length > 0 || key.verbs.length > 0) && <div className={styles.under}>only {scopeWords(key.endpoints, key.verbs)}</div>}
        </>
      ),
    },
    { key: "limits", head: "Limits", wide: true, cell: limits },
    { key: "used", head: "Last used", wide: true, cell: (key) => (key.lastUsedAt == null ? "never" : <Ago at={key.lastUsedAt} />) },
    { key: "expires", head: "Expires", wide: true, cell: (key) => (key.expiresAt == null ? "never" : <Ago at={key.expiresAt} />) },
    {
      key: "made",
      head: "Made",
      wide: true,
      cell: (key) => (
        <>
          <Ago at={key.createdAt} />
          {key.createdBy !== "" && <div className={styles.under}>by {key.createdBy}</div>}
        </>
      ),
    },
    { key: "actions", head: <VisuallyHidden>Actions</VisuallyHidden>, cell: (key) => <KeyActions of={key} onSecret={setSecret} /> },
  ];
  return (
    <>
      <PageHead title="Keys" trail={[{ text: "Settings", href: "/settings/keys" }]} lead="By a key a program or a person says who it is. A key has a role, and may be narrowed to endpoints and to what is done there.">
        <NewKey onSecret={setSecret} />
      </PageHead>
      {session?.authentication === "none" && <p className={styles.aside}>This server asks nobody for a key: it is open to this machine alone. With Security:Authentication = required it asks everybody.</p>}
      <Panel title="All keys" flush actions={<Switch label="Revoked too" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />}>
        <Answer of={keys} what="keys" empty={<Empty title="No keys">The first is best one with the role admin.</Empty>}>
          {(data) => <DataTable label="Keys" fields={fields} rows={data} rowKey={(key) => key.id} />}
        </Answer>
      </Panel>
      <Secret made={secret} onClose={() => setSecret(null)} />
    </>
  );
}

import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { post } from "../api/client";
import type { ModelVersion } from "../api/types";
import { ErrorNote } from "../ui/Answer";
import styles from "./Models.module.css";

const usual = ["champion", "challenger"];
const who = "console";

function useMove(model: string, onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ path, body }: { path: string; body: Record<string, unknown> }) => post(`/models/${encodeURIComponent(model)}/${path}`, body),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["models"] });
      onDone();
    },
  });
}

/** Gives an alias to a version; the ledger tells who, when and why. */
export function Promote({ version, aliases }: { version: ModelVersion; aliases: Record<string, number> }): ReactNode {
  const [open, setOpen] = useState(false);
  const [alias, setAlias] = useState("champion");
  const [reason, setReason] = useState("");
  const move = useMove(version.model, () => setOpen(false));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // What the page shows is what the decision was made on: a change meanwhile refuses it.
    move.mutate({ path: "promote", body: { version: version.version, alias, reason, who, expectedVersion: aliases[alias] ?? 0 } });
  };
  return (
    <>
      <Button variant="default" size="compact-xs" aria-label={`Promote version ${version.version}`} onClick={() => setOpen(true)}>
        Promote
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Promote version ${version.version} of ${version.model}`} centered>
        <form className={styles.form} onSubmit={submit}>
          <Select
            label="Alias"
            description={aliases[alias] === undefined ? "It means no version now." : `It means version ${aliases[alias]} now.`}
            data={[...new Set([...usual, ...Object.keys(aliases)])]}
            value={alias}
            allowDeselect={false}
            onChange={(value) => setAlias(value ?? "champion")}
          />
          <TextInput label="Reason" description="It stands in the ledger." value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          {move.error !== null && <ErrorNote error={move.error} />}
          <Button type="submit" loading={move.isPending} disabled={aliases[alias] === version.version}>
            {aliases[alias] === version.version ? `It is ${alias} already` : `Make it ${alias}`}
          </Button>
        </form>
      </Modal>
    </>
  );
}

/** Gives the champion's alias back to the version before. */
export function RollBack({ model, champion }: { model: string; champion: number | undefined }): ReactNode {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const move = useMove(model, () => setOpen(false));
  if (champion === undefined) return null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    move.mutate({ path: "rollback", body: { reason, who } });
  };
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={() => setOpen(true)}>
        Roll back
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Roll back ${model}`} centered>
        <form className={styles.form} onSubmit={submit}>
          <p>The champion is version {champion}. Rolled back, it is the version that was champion before.</p>
          <TextInput label="Reason" description="It stands in the ledger." value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          {move.error !== null && <ErrorNote error={move.error} />}
          <Button type="submit" loading={move.isPending}>
            Roll back
          </Button>
        </form>
      </Modal>
    </>
  );
}

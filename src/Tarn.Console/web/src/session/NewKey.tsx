import { Button, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { post } from "../api/client";
import { useEndpoints } from "../api/serving";
import { ErrorNote } from "../ui/Answer";
import { draftFaults, keyBody, newDraft, type KeyDraft } from "./keyForm";
import type { MadeKey } from "./KeysPage";
import { roleWords } from "./session";
import styles from "./Session.module.css";

/** The text of a key, which nobody can see again. */
export function Secret({ made, onClose }: { made: MadeKey | null; onClose: () => void }): ReactNode {
  const [copied, setCopied] = useState<boolean | null>(null);
  if (made === null) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(made.key).then(() => setCopied(true), () => setCopied(false));
  };
  return (
    <Modal opened onClose={() => (setCopied(null), onClose())} title={`The secret of ${made.details.name}`} centered closeOnClickOutside={false} size="lg">
      <div className={styles.form}>
        <p>
          <strong>It is shown this once.</strong> Keep it where programs keep their secrets.
        </p>
        <code className={styles.secret} tabIndex={0} aria-label="Secret">
          {made.key}
        </code>
        <div className={styles.actions}>
          <Button onClick={copy}>Copy</Button>
          <Button variant="default" onClick={() => (setCopied(null), onClose())}>
            I have it
          </Button>
          <span role="status">{copied === true ? "Copied." : copied === false ? "The browser does not let it be copied: choose the text and copy it." : ""}</span>
        </div>
      </div>
    </Modal>
  );
}

/** Makes a key. */
export function NewKey({ onSecret }: { onSecret: (made: MadeKey) => void }): ReactNode {
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState<KeyDraft>(newDraft);
  const endpoints = useEndpoints();
  const queries = useQueryClient();
  const edit = (patch: Partial<KeyDraft>): void => setDraft({ ...draft, ...patch });
  const faults = draftFaults(draft);
  const make = useMutation({
    mutationFn: () => post<MadeKey>("/keys", keyBody(draft)),
    onSuccess: (made) => {
      setOpen(false);
      setDraft(newDraft());
      void queries.invalidateQueries({ queryKey: ["keys"] });
      onSecret(made);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>New key</Button>
      <Modal opened={open} onClose={() => setOpen(false)} title="New key" centered>
        <form className={styles.form} onSubmit={submit}>
          <TextInput label="Name" description="Of the program or the person" value={draft.name} error={faults.get("name")} onChange={(event) => edit({ name: event.currentTarget.value })} />
          <Select
            label="Role"
            description={roleWords[draft.role]}
            data={["viewer", "operator", "admin"]}
            value={draft.role}
            allowDeselect={false}
            onChange={(value) => edit({ role: (value ?? "viewer") as KeyDraft["role"] })}
          />
          <Select
            label="Only at the endpoint"
            data={endpoints.data?.map((one) => one.name) ?? []}
            value={draft.endpoint}
            placeholder="at all"
            clearable
            onChange={(endpoint) => edit({ endpoint })}
          />
          <Select
            label="Only to"
            data={[{ value: "predict", label: "predict" }, { value: "predict,feedback", label: "predict, and send feedback" }, { value: "read", label: "read" }]}
            value={draft.verbs}
            placeholder="do all that the role may"
            clearable
            onChange={(verbs) => edit({ verbs })}
          />
          <div className={styles.pair}>
            <NumberInput label="Requests a second" placeholder="any number" min={0} hideControls value={draft.rate} error={faults.get("rate")} onChange={(rate) => edit({ rate })} />
            <NumberInput label="Requests a day" placeholder="any number" min={1} hideControls thousandSeparator="," value={draft.perDay} error={faults.get("perDay")} onChange={(perDay) => edit({ perDay })} />
          </div>
          <Select
            label="Expires"
            data={[{ value: "", label: "never" }, { value: "7d", label: "in 7 days" }, { value: "30d", label: "in 30 days" }, { value: "90d", label: "in 90 days" }, { value: "365d", label: "in a year" }]}
            value={draft.expiresIn}
            allowDeselect={false}
            onChange={(value) => edit({ expiresIn: value ?? "" })}
          />
          {make.error !== null && <ErrorNote error={make.error} />}
          <Button type="submit" loading={make.isPending} disabled={draft.name.trim() === "" || faults.size > 0}>
            Make the key
          </Button>
        </form>
      </Modal>
    </>
  );
}

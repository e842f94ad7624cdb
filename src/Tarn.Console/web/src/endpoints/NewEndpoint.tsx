import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useLocation } from "wouter";
import { post, remove } from "../api/client";
import { useModels } from "../api/queries";
import type { Endpoint } from "../api/servingTypes";
import { ErrorNote } from "../ui/Answer";
import styles from "./Endpoints.module.css";

const named = /^[a-z0-9-]{1,64}$/;

/** Makes an endpoint whose requests all go to a model's champion. */
export function NewEndpoint(): ReactNode {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [model, setModel] = useState<string | null>(null);
  const [, go] = useLocation();
  const queries = useQueryClient();
  const models = useModels();
  const make = useMutation({
    mutationFn: () => post<Endpoint>("/endpoints", { name, model, reason: "made in the console" }),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ["endpoints"] });
      setOpen(false);
      go(`/endpoints/${encodeURIComponent(made.name)}`);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  const fault = name !== "" && !named.test(name) ? "1 to 64 lower-case letters, digits and hyphens." : null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>New endpoint</Button>
      <Modal opened={open} onClose={() => setOpen(false)} title="New endpoint" centered>
        <form className={styles.form} onSubmit={submit}>
          <Select
            label="Model"
            description="All requests go to its champion, until they are split."
            data={models.data?.map((one) => one.name) ?? []}
            value={model}
            nothingFoundMessage="No model is registered yet"
            searchable
            onChange={(value) => {
              setModel(value);
              if (name === "" && value !== null && named.test(value)) setName(value);
            }}
          />
          <TextInput label="Name" value={name} error={fault} onChange={(event) => setName(event.currentTarget.value)} />
          {make.error !== null && <ErrorNote error={make.error} />}
          <Button type="submit" loading={make.isPending} disabled={name === "" || model === null || fault !== null}>
            Make it
          </Button>
        </form>
      </Modal>
    </>
  );
}

/** Deletes an endpoint; whoever calls it is refused from then on. */
export function DeleteEndpoint({ name }: { name: string }): ReactNode {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [, go] = useLocation();
  const queries = useQueryClient();
  const gone = useMutation({
    mutationFn: () => remove(`/endpoints/${encodeURIComponent(name)}`, { reason }),
    onSuccess: () => {
      go("/endpoints");
      void queries.invalidateQueries({ queryKey: ["endpoints"], exact: true });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    gone.mutate();
  };
  return (
    <>
      <Button variant="default" size="compact-sm" c="var(--bad)" onClick={() => setOpen(true)}>
        Delete
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Delete ${name}`} centered>
        <form className={styles.form} onSubmit={submit}>
          <p>Whoever calls it is refused from then on. Its ledger stays, and so do its predictions.</p>
          <TextInput label="Reason" description="It stands in the ledger." value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          {gone.error !== null && <ErrorNote error={gone.error} />}
          <Button type="submit" color="red" loading={gone.isPending}>
            Delete the endpoint
          </Button>
        </form>
      </Modal>
    </>
  );
}

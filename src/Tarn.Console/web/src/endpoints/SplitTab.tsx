import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type FormEvent, type ReactNode } from "react";
import { ApiError, put } from "../api/client";
import { useEndpointLedger } from "../api/serving";
import type { Endpoint } from "../api/servingTypes";
import { ErrorNote } from "../ui/Answer";
import { rolloutSays } from "./rollout";
import { ShareBar } from "./ShareBar";
import { bodyOf, changesOf, draftOf, faultsOf, freeName, routeWords, sharesOf, type Change, type Draft } from "./split";
import { ShadowRows, VariantRows } from "./SplitRows";
import { unusedOption, useTargetOptions } from "./targets";
import styles from "./Endpoints.module.css";

/** What is to change, each as it is and as it would be. */
function Changes({ changes }: { changes: readonly Change[] }): ReactNode {
  return (
    <ul className={styles.changes} aria-label="What would change">
      {changes.map((change) => (
        <li key={change.what}>
          <b>{change.what}</b>
          <span>
            <s>{change.from}</s> <span aria-label="becomes">→</span> {change.to}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The endpoint was changed since the draft was begun: by whom, to what, and the two ways on. */
function Conflict({ endpoint, onTheirs, onMine }: { endpoint: Endpoint; onTheirs: () => void; onMine: () => void }): ReactNode {
  const newest = useEndpointLedger(endpoint.name, 1).data?.[0];
  return (
    <div className={styles.conflict} role="alert">
      <strong>The split was changed meanwhile</strong>
      <p>
        It is at revision {endpoint.revision} now
        {newest !== undefined && newest.number === endpoint.revision && (
          <>
            , by {newest.who}
            {newest.reason !== "" && <>: “{newest.reason}”</>}
          </>
        )}
        . It is: {routeWords(endpoint)}.
      </p>
      <div className={styles.buttons}>
        <Button size="compact-sm" onClick={onTheirs}>
          Take theirs, drop mine
        </Button>
        <Button size="compact-sm" variant="default" onClick={onMine}>
          Keep mine, look at the difference
        </Button>
      </div>
    </div>
  );
}

/** Who answers how much, to be changed: sliders, targets, shadows, the users' header; what would change; saved against the revision that was looked at. */
export function SplitTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [edited, setEdited] = useState<Draft | null>(null);
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const options = useTargetOptions(endpoint.model);
  const current = useMemo(() => draftOf(endpoint), [endpoint]);
  // Before the first touch the editor follows the endpoint.
  const draft = edited ?? current;
  const faults = faultsOf(draft);
  const changes = changesOf(current, draft);
  const shares = sharesOf(draft.variants.map((variant) => variant.weight));
  const isBehind = edited !== null && edited.revision !== endpoint.revision && changes.length > 0;
  const edit = (patch: Partial<Draft>): void => setEdited({ ...draft, ...patch });

  const save = useMutation({
    mutationFn: () => put<Endpoint>(`/endpoints/${encodeURIComponent(endpoint.name)}/split`, bodyOf(draft, reason)),
    onSuccess: (saved) => {
      queries.setQueryData(["endpoints", endpoint.name, "detail"], saved);
      void queries.invalidateQueries({ queryKey: ["endpoints"] });
      setEdited(null);
      setReason("");
    },
    // A conflict: what holds now is shown beside the draft.
    onError: () => void queries.invalidateQueries({ queryKey: ["endpoints"] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const begin = (next: Draft | null): void => {
    save.reset();
    setEdited(next);
  };
  const rows = [...draft.variants, ...draft.shadows];
  const proposed = unusedOption(options, rows.map((one) => one.target))?.value ?? "";
  const taken = rows.map((one) => one.name);
  const key = `new ${rows.length} ${Date.now()}`;
  const addVariant = (): void => edit({ variants: [...draft.variants, { key, name: freeName(proposed, taken), target: proposed, weight: 0 }] });
  const addShadow = (): void => edit({ shadows: [...draft.shadows, { key, name: freeName(proposed === "" ? "shadow" : `shadow-${/^\d+$/.test(proposed) ? "v" : ""}${proposed}`, taken), target: proposed, percent: 10 }] });

  if (rolloutSays(endpoint.rollout)) {
    return (
      <div className={styles.part}>
        <p>
          A rollout decides how requests are split now: {routeWords(endpoint)}. Abort it, or let it come to its end, before you change the split yourself.
        </p>
        <ShareBar label="Shares" shares={endpoint.variants.map((variant) => ({ name: variant.name, share: variant.share, means: "" }))} />
      </div>
    );
  }
  return (
    <form className={styles.split} onSubmit={submit}>
      <div className={styles.part}>
        <h3>Variants</h3>
        <p className={styles.under}>Each gets its weight’s part of the sum of all weights. One with the weight 0 answers only who asks for it by name.</p>
        <ShareBar label="Resulting shares" shares={draft.variants.map((variant, place) => ({ name: variant.name, share: shares[place] ?? 0, means: "" }))} />
        <VariantRows draft={draft} shares={shares} options={options} faults={faults} edit={edit} />
        {faults.has("") && <p className={styles.fault}>{faults.get("")}</p>}
        <div>
          <Button variant="default" size="compact-sm" onClick={addVariant}>
            Add a variant
          </Button>
        </div>
      </div>
      <div className={styles.part}>
        <h3>Shadows</h3>
        <p className={styles.under}>A shadow gets copies of requests. Its answers go to nobody; they are compared with the champion’s.</p>
        <ShadowRows draft={draft} options={options} faults={faults} edit={edit} />
        <div>
          <Button variant="default" size="compact-sm" onClick={addShadow}>
            Add a shadow
          </Button>
        </div>
      </div>
      <div className={styles.part}>
        <h3>Users</h3>
        <TextInput
          className={styles.sticky}
          label="Header that names the user"
          description="A user keeps the variant that answered first. Empty: each request is dealt by itself."
          placeholder="X-User-Id"
          value={draft.stickyHeader}
          error={faults.get("sticky")}
          onChange={(event) => edit({ stickyHeader: event.currentTarget.value.trim() })}
        />
      </div>
      <div className={styles.part} aria-live="polite">
        <h3>What would change</h3>
        {isBehind && <Conflict endpoint={endpoint} onTheirs={() => begin(null)} onMine={() => begin({ ...draft, revision: endpoint.revision })} />}
        {changes.length > 0 ? <Changes changes={changes} /> : !save.isSuccess && <p className={styles.under}>Nothing yet.</p>}
        {save.error !== null && !(isBehind && save.error instanceof ApiError && save.error.status === 409) && <ErrorNote error={save.error} />}
        {changes.length > 0 && (
          <div className={styles.saving}>
            <TextInput label="Reason" description="It stands in the ledger." value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            <div className={styles.buttons}>
              <Button type="submit" loading={save.isPending} disabled={faults.size > 0 || isBehind}>
                Save the split
              </Button>
              <Button variant="subtle" onClick={() => begin(null)}>
                Undo
              </Button>
            </div>
          </div>
        )}
        {save.isSuccess && changes.length === 0 && <p role="status">Saved as revision {endpoint.revision}. It holds from now on.</p>}
      </div>
    </form>
  );
}

import { Button, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { useRows } from "../api/queries";
import { count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { ResultGrid } from "../ui/ResultGrid";
import { useUrlState } from "../ui/urlState";
import styles from "./Tables.module.css";

const sizes = ["25", "100", "500"];

/** The rows of a table, a page at a time, in any order, at any version. All of it is in the address. */
export function RowsTab({ name, newest }: { name: string; newest: number | null }): ReactNode {
  const [url, setUrl] = useUrlState();
  const asOf = url.get("asOf") ?? "";
  const limit = Number(url.get("limit") ?? 100) || 100;
  const offset = Math.max(0, Number(url.get("offset") ?? 0) || 0);
  const orderBy = url.get("by") ?? undefined;
  const descending = url.get("desc") === "1";
  const rows = useRows(name, { limit, offset, orderBy, descending: orderBy === undefined ? undefined : descending, asOf: asOf === "" ? undefined : asOf });
  const total = rows.data?.total;
  return (
    <>
      <div className={styles.bar}>
        <TravelForm key={asOf} asOf={asOf} newest={newest} onTravel={(value) => setUrl({ asOf: value, offset: null })} />
        <div className={styles.pager}>
          <span aria-live="polite">{rows.data !== undefined && rows.data.rows.length > 0 && `${count(offset + 1)}–${count(offset + rows.data.rows.length)}${total === undefined ? "" : ` of ${count(total)}`}`}</span>
          <Button variant="default" size="compact-sm" disabled={offset === 0} onClick={() => setUrl({ offset: Math.max(0, offset - limit) || null })}>
            Previous
          </Button>
          <Button variant="default" size="compact-sm" disabled={total !== undefined ? offset + limit >= total : (rows.data?.rows.length ?? 0) < limit} onClick={() => setUrl({ offset: offset + limit })}>
            Next
          </Button>
          <Select w={92} aria-label="Rows on a page" data={sizes.map((value) => ({ value, label: `${value} rows` }))} value={String(limit)} allowDeselect={false} onChange={(value) => setUrl({ limit: value, offset: null })} />
        </div>
      </div>
      {asOf !== "" && (
        <p className={styles.travelling} role="status">
          You see the table as of <b>{/^\d+$/.test(asOf) ? `version ${asOf}` : asOf}</b>. The newest version is {count(newest)}.{" "}
          <button type="button" onClick={() => setUrl({ asOf: null, offset: null })}>
            Back to now
          </button>
        </p>
      )}
      <Answer of={rows} what="rows" rows={8} isEmpty={(data) => data.rows.length === 0} empty={<Empty title={offset > 0 ? "No rows on this page" : "The table has no rows"} />}>
        {(data) => (
          <ResultGrid
            label={`Rows of ${name}`}
            set={data}
            maxHeight="70vh"
            sort={orderBy === undefined ? undefined : { by: orderBy, descending }}
            onSort={(sort) => setUrl({ by: sort.by, desc: sort.descending, offset: null })}
          />
        )}
      </Answer>
    </>
  );
}

function TravelForm({ asOf, newest, onTravel }: { asOf: string; newest: number | null; onTravel: (asOf: string) => void }): ReactNode {
  const [text, setText] = useState(asOf);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onTravel(text.trim());
  };
  return (
    <form className={styles.travel} onSubmit={submit}>
      <label htmlFor="as-of">As of</label>
      <TextInput id="as-of" w={205} placeholder={newest === null ? "a version, or a time" : `version 0–${newest}, or a time`} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <Button type="submit" variant="default" size="compact-sm">
        Show
      </Button>
    </form>
  );
}

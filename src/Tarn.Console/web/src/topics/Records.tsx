import { Button, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { useRecords } from "../api/queries";
import type { Topic, TopicRecord } from "../api/types";
import { count } from "../format/numbers";
import { fromInput, toInput } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { Panel } from "../ui/Panel";
import { useZone } from "../ui/settings";
import { At } from "../ui/Time";
import { useUrlState } from "../ui/urlState";
import { gist, parseSeek, pretty, seekParameters, type Seek } from "./seek";
import styles from "./Topics.module.css";

const limit = 50;

function Record({ record }: { record: TopicRecord }): ReactNode {
  const [open, setOpen] = useState(false);
  const headers = Object.entries(record.headers ?? {});
  const binary = record.valueEncoding === "base64";
  const tombstone = record.value === null || record.value === undefined;
  return (
    <li className={styles.record}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={styles.offset}>{record.offset}</span>
        <At at={record.timestamp} milliseconds />
        <code className={styles.key}>{record.key ?? "no key"}</code>
        <code className={styles.gist}>{tombstone ? "tombstone (no value)" : binary ? `binary, base64: ${gist(record.value, 60)}` : gist(record.value)}</code>
      </button>
      {open && (
        <div className={styles.whole}>
          {headers.length > 0 && (
            <dl>
              {headers.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{gist(value)}</dd>
                </div>
              ))}
            </dl>
          )}
          <pre tabIndex={0} aria-label={`Value at offset ${record.offset}`}>
            {tombstone ? "null" : pretty(record.value)}
          </pre>
        </div>
      )}
    </li>
  );
}

function SeekForm({ seek, onSeek }: { seek: Seek; onSeek: (patch: { offset?: string | null; time?: string | null }) => void }): ReactNode {
  const zone = useZone();
  const [offset, setOffset] = useState(seek.kind === "offset" ? String(seek.offset) : "");
  const [time, setTime] = useState(seek.kind === "time" ? toInput(seek.time, zone) : "");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (offset.trim() !== "") onSeek({ offset: offset.trim(), time: null });
    else onSeek({ offset: null, time: fromInput(time, zone) });
  };
  return (
    <form className={styles.seek} onSubmit={submit}>
      <TextInput
        w={112}
        aria-label="From offset"
        placeholder="from offset"
        inputMode="numeric"
        value={offset}
        onChange={(event) => {
          setOffset(event.currentTarget.value.replace(/\D/g, ""));
          setTime("");
        }}
      />
      <TextInput
        w={196}
        type="datetime-local"
        step={1}
        aria-label={`From time (${zone === "utc" ? "UTC" : "local time"})`}
        value={time}
        onChange={(event) => {
          setTime(event.currentTarget.value);
          setOffset("");
        }}
      />
      <Button type="submit" variant="default" size="compact-sm">
        Seek
      </Button>
    </form>
  );
}

/** The records of a partition: its tail as it grows, or from an offset or a time on. */
export function Records({ topic }: { topic: Topic }): ReactNode {
  const [url, setUrl] = useUrlState();
  const seek = parseSeek(url);
  const partition = Number(url.get("partition") ?? 0) || 0;
  const records = useRecords(topic.name, { partition, ...seekParameters(seek, limit) }, seek.kind === "end");
  const bounds = topic.partitions.find((one) => one.partition === partition);
  const first = records.data?.[0]?.offset;
  const last = records.data?.at(-1)?.offset;
  const shown = seek.kind === "end" ? [...(records.data ?? [])].reverse() : (records.data ?? []);
  return (
    <Panel
      title="Records"
      note={seek.kind === "end" ? "the newest, as they arrive" : first !== undefined && last !== undefined && `offsets ${count(first)}–${count(last)}`}
      flush
      actions={
        <>
          <SeekForm key={`${seek.kind}${url.get("offset")}${url.get("time")}`} seek={seek} onSeek={setUrl} />
          {topic.partitions.length > 1 && (
            <Select
              w={124}
              aria-label="Partition"
              data={topic.partitions.map((one) => ({ value: String(one.partition), label: `partition ${one.partition}` }))}
              value={String(partition)}
              allowDeselect={false}
              onChange={(value) => setUrl({ partition: value === "0" ? null : value, offset: null, time: null })}
            />
          )}
        </>
      }
    >
      <Answer of={records} what="records" rows={6} empty={<Empty title="No records">{seek.kind === "end" ? "The partition is empty." : "There is none from here on."}</Empty>}>
        {() => <ol className={styles.records}>{shown.map((record) => <Record key={record.offset} record={record} />)}</ol>}
      </Answer>
      <div className={styles.pages}>
        <Button variant="subtle" size="compact-sm" disabled={first === undefined || first <= (bounds?.low ?? 0)} onClick={() => setUrl({ offset: Math.max(bounds?.low ?? 0, (first ?? 0) - limit), time: null })}>
          Older
        </Button>
        <Button variant="subtle" size="compact-sm" disabled={seek.kind === "end" || last === undefined || last + 1 >= (bounds?.high ?? 0)} onClick={() => setUrl({ offset: (last ?? 0) + 1, time: null })}>
          Newer
        </Button>
        <Button variant="subtle" size="compact-sm" disabled={seek.kind === "end"} onClick={() => setUrl({ offset: null, time: null })}>
          Follow the end
        </Button>
      </div>
    </Panel>
  );
}

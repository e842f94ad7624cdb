import { Button, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { get } from "../api/client";
import { count } from "../format/numbers";
import { Empty, ErrorNote, Loading } from "../ui/Answer";
import { DataTable, type TableField } from "../ui/DataTable";
import { PageHead, Panel } from "../ui/Panel";
import { Ago, At } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import styles from "./Session.module.css";

interface AuditEntry {
  seq: number;
  at: string;
  who: string;
  whoName: string;
  via: string;
  remote: string;
  method: string;
  path: string;
  status: number;
  times: number;
  detail?: string | null;
}

const page = 100;

const fields: TableField<AuditEntry>[] = [
  {
    key: "at",
    head: "When",
    cell: (entry) => (
      <>
        <At at={entry.at} />
        <div className={styles.under}>
          <Ago at={entry.at} />
        </div>
      </>
    ),
  },
  {
    key: "who",
    head: "Who",
    cell: (entry) => (
      <>
        {entry.whoName || entry.who || "nobody known"}
        <div className={styles.under}>{[entry.via, entry.remote].filter((part) => part !== "").join(", ")}</div>
      </>
    ),
  },
  {
    key: "what",
    head: "What",
    cell: (entry) => (
      <>
        <span className={styles.mono}>
          {entry.method} {entry.path}
        </span>
        {entry.detail != null && <div className={styles.under}>{entry.detail}</div>}
      </>
    ),
  },
  { key: "status", head: "Answer", right: true, cell: (entry) => <span className={entry.status >= 400 ? styles.bad : undefined}>{entry.status}</span> },
  { key: "times", head: "Times", right: true, wide: true, cell: (entry) => count(entry.times) },
];

/** Who changed what, and who was refused. */
export default function AuditPage(): ReactNode {
  useTitle("Audit log");
  const [url, setUrl] = useUrlState();
  const who = url.get("who") ?? "";
  const audit = useInfiniteQuery({
    queryKey: ["audit", who],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ signal, pageParam }) => get<AuditEntry[]>("/audit", { who, before: pageParam, limit: page }, signal),
    getNextPageParam: (last) => (last.length < page ? undefined : last.at(-1)?.seq),
    placeholderData: keepPreviousData,
  });
  const entries = audit.data?.pages.flat() ?? [];
  return (
    <>
      <PageHead title="Audit log" trail={[{ text: "Settings", href: "/settings/keys" }]} lead="Who changed what, and who was refused, newest first. What only reads is not in it." />
      <Panel
        title="Entries"
        flush
        actions={<TextInput aria-label="Who: the id of a key, or a token's subject" placeholder="who: a key’s id" type="search" value={who} onChange={(event) => setUrl({ who: event.currentTarget.value.trim() })} />}
      >
        {audit.error !== null && <ErrorNote error={audit.error} onRetry={() => void audit.refetch()} />}
        {audit.isPending ? (
          <Loading rows={6} what="audit log" />
        ) : entries.length === 0 ? (
          audit.error === null && <Empty title={who === "" ? "Nothing yet" : "Nothing of that one"}>Changes and refusals stand here as they happen.</Empty>
        ) : (
          <>
            <DataTable label="Audit log, newest first" fields={fields} rows={entries} rowKey={(entry) => String(entry.seq)} />
            {audit.hasNextPage && (
              <div className={styles.more}>
                <Button variant="subtle" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
                  Show older entries
                </Button>
              </div>
            )}
          </>
        )}
      </Panel>
    </>
  );
}

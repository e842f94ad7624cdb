import type { ReactNode } from "react";
import { Link } from "wouter";
import { useRepairs } from "../api/queries";
import type { Cause, Repairs } from "../api/types";
import { count, none, plural } from "../format/numbers";
import { duration } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { DataTable } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { Ago, At } from "../ui/Time";
import styles from "./Pipelines.module.css";

const enc = encodeURIComponent;
const shownSpans = 3;

/** What made a run necessary, in words: which table, which versions, which event times. */
export function CauseText({ cause }: { cause: Cause | null | undefined }): ReactNode {
  if (cause === null || cause === undefined) return <span className="muted">not told</span>;
  if (typeof cause.table !== "string") return <code>{JSON.stringify(cause)}</code>;
  const { fromVersion, toVersion, commits } = cause;
  const touched = cause.touched ?? [];
  const versions = toVersion === undefined ? null : fromVersion === undefined || fromVersion === toVersion ? `version ${toVersion}` : `versions ${fromVersion} to ${toVersion}`;
  return (
    <>
      <Link href={`/tables/${enc(cause.table)}?tab=history`}>{cause.table}</Link>
      {versions !== null && <>, {versions}</>}
      {commits !== undefined && commits > 1 && <>, {plural(commits, "commit")}</>}
      {touched.length > 0 && (
        <div className={styles.under}>
          {touched.slice(0, shownSpans).map((span) => (
            <div key={span.start}>
              event times <At at={span.start} /> to <At at={span.end} />
            </div>
          ))}
          {touched.length > shownSpans && <div>and {plural(touched.length - shownSpans, "more span")}</div>}
        </div>
      )}
    </>
  );
}

function Lag({ of }: { of: Repairs["sources"][number] }): ReactNode {
  const lag = of.lag ?? (of.currentVersion !== null && of.currentVersion !== undefined && of.seenVersion !== null && of.seenVersion !== undefined ? of.currentVersion - of.seenVersion : null);
  if (lag === null) return <span className="muted">not known</span>;
  return lag <= 0 ? <StateLabel state="ok">seen all</StateLabel> : <StateLabel state="degraded">{plural(lag, "version")} behind</StateLabel>;
}

/** A table that there is not yet has the version −1. */
const versionText = (version: number | null | undefined): string => (version === null || version === undefined || version < 0 ? none : String(version));

/** Late rows and what they set going: the tables that are watched, what waits to be run again, what was. */
export function RepairsTab({ pipeline }: { pipeline: string }): ReactNode {
  const repairs = useRepairs(pipeline);
  return (
    <Answer of={repairs} what="repairs" absent={<Empty title="This server has no repairs">It is older than this console.</Empty>}>
      {(data) =>
        data.sources.length === 0 && data.runs.length === 0 ? (
          <Empty title="No table repairs this pipeline">Where it declares RepairedBy, rows that come late run the intervals again that they belong to.</Empty>
        ) : (
          <>
            <h3 className={styles.part}>Tables that are watched</h3>
            <DataTable
              label="Tables that are watched"
              rows={data.sources}
              rowKey={(source) => source.table}
              fields={[
                { key: "table", head: "Table", cell: (source) => <Link href={`/tables/${enc(source.table)}`}>{source.table}</Link> },
                { key: "lag", head: "Lag", cell: (source) => <Lag of={source} /> },
                { key: "seen", head: "Seen version", right: true, cell: (source) => versionText(source.seenVersion) },
                { key: "current", head: "Newest version", right: true, wide: true, cell: (source) => versionText(source.currentVersion) },
                { key: "horizon", head: "Horizon", right: true, cell: (source) => duration(source.horizonSeconds * 1000) },
              ]}
            />
            <h3 className={styles.part}>To be run again</h3>
            {data.pending.length === 0 ? <Empty title="Nothing waits" /> : (
              <DataTable
                label="To be run again"
                rows={data.pending}
                rowKey={(range) => range.start}
                fields={[
                  { key: "from", head: "From", cell: (range) => <At at={range.start} /> },
                  { key: "to", head: "To", cell: (range) => <At at={range.end} /> },
                  { key: "intervals", head: "Intervals", right: true, cell: (range) => count(range.intervals) },
                  { key: "cause", head: "Cause", cell: (range) => <CauseText cause={range.cause} /> },
                  { key: "due", head: "Due", cell: (range) => (range.dueAt ? <Ago at={range.dueAt} /> : none) },
                ]}
              />
            )}
            <h3 className={styles.part}>Repair runs</h3>
            {data.runs.length === 0 ? <Empty title="No repair yet" /> : (
              <DataTable
                label="Repair runs"
                rows={data.runs}
                rowKey={(run) => run.id}
                fields={[
                  {
                    key: "state",
                    head: "State",
                    cell: (run) => (
                      <Link href={`/runs/${enc(run.id)}`} className={styles.quietLink}>
                        <StateLabel state={run.state} />
                      </Link>
                    ),
                  },
                  { key: "interval", head: "Data interval", cell: (run) => <><At at={run.dataInterval?.start ?? run.logicalDate} /> to <At at={run.dataInterval?.end} /></> },
                  { key: "cause", head: "Cause", cell: (run) => <CauseText cause={run.cause} /> },
                  { key: "when", head: "Made", wide: true, cell: (run) => <Ago at={run.queuedAt} /> },
                  { key: "duration", head: "Duration", right: true, wide: true, cell: (run) => duration(run.durationMs) },
                ]}
              />
            )}
          </>
        )
      }
    </Answer>
  );
}

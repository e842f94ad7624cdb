import { Ago, Answer, At, Empty, Facts, Panel, type Patch } from "@tarn/console";
import { CloseButton, useComputedColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { useVersions } from "./data";
import { isPlaced, titleOf, type Quake, type QuakeVersion } from "./quake";
import styles from "./quakes.module.css";
import { colorOf } from "./scale";
import { depthText, magnitudeText } from "./text";
import { changes } from "./versions";

function Version({ version, before, at, first, onTravel }: { version: QuakeVersion; before: QuakeVersion | undefined; at: string | null; first: boolean; onTravel: (at: string) => void }): ReactNode {
  const dark = useComputedColorScheme("light") === "dark";
  const unknownThen = at !== null && version.validFrom !== null && version.validFrom > at;
  const said = before === undefined ? [] : changes(before, version);
  return (
    <li data-then={unknownThen || undefined}>
      <span className={styles.versionMark} style={{ background: version.isDeleted ? "transparent" : colorOf(version.mag, dark) }} aria-hidden />
      <div>
        <div className={styles.versionHead}>
          <b>
            {version.isDeleted ? "withdrawn" : `M ${magnitudeText(version)}`}, {version.status ?? "no status"}
          </b>
          {first && <small className={styles.current}>current</small>}
          {unknownThen && <small>not known then</small>}
        </div>
        <div className="muted">
          {version.validFrom === null ? "from the beginning" : <>since <At at={version.validFrom} milliseconds /></>}
          {version.validFrom !== null && version.validFrom !== at && (
            <button type="button" className={styles.linkButton} onClick={() => onTravel(version.validFrom ?? "")}>
              see the map then
            </button>
          )}
        </div>
        {before !== undefined && (
          <ul>
            {said.length === 0 && <li>no change in what is shown here</li>}
            {said.map((change) => (
              <li key={change.what}>
                {change.what} {change.from !== "" && <><s>{change.from}</s> → </>}
                <b>{change.to}</b>
              </li>
            ))}
          </ul>
        )}
        {before === undefined && <ul><li>first known</li></ul>}
      </div>
    </li>
  );
}

/** The chosen event with everything that was ever said about it. */
export function QuakeDetail({ quake, id, at, change }: { quake: Quake | null; id: string; at: string | null; change: (patch: Patch) => void }): ReactNode {
  const versions = useVersions(id);
  const newest = quake ?? versions.data?.at(-1) ?? null;
  return (
    <Panel title={newest === null ? id : titleOf(newest)} actions={<CloseButton size="sm" aria-label="Close this event" onClick={() => change({ event: null })} />} className={styles.detail}>
      {newest !== null && (
        <Facts
          items={[
            ["Time", <At key="t" at={newest.time} milliseconds />],
            ["Magnitude", magnitudeText(newest)],
            ["Depth", depthText(newest.depthKm)],
            isPlaced(newest) && ["Position", `${Math.abs(newest.latitude).toFixed(3)}° ${newest.latitude < 0 ? "S" : "N"}, ${Math.abs(newest.longitude).toFixed(3)}° ${newest.longitude < 0 ? "W" : "E"}`],
            ["Status", newest.isDeleted ? "withdrawn" : (newest.status ?? "–")],
            newest.eventType !== null && newest.eventType !== "earthquake" && ["Type", newest.eventType],
            newest.felt !== null && newest.felt > 0 && ["Felt by", String(newest.felt)],
            newest.alert !== null && ["Alert", newest.alert],
            Boolean(newest.tsunami) && ["Tsunami", "see the bulletin"],
            ["Updated", <Ago key="u" at={newest.updated} />],
          ]}
        />
      )}
      {quake === null && <p className={styles.outside}>This event is not among those shown: a filter or the time hides it.</p>}
      {newest?.url && /^https?:/.test(newest.url) && (
        <p>
          <a href={newest.url} rel="noreferrer noopener" target="_blank">
            Its page at the source
          </a>
        </p>
      )}
      <h3 className={styles.versionsTitle}>Versions, newest first</h3>
      <Answer of={versions} what="versions" rows={4} empty={<Empty title="No versions" />}>
        {(all) => {
          const ordered = [...all].sort((a, b) => ((a.validFrom ?? "") < (b.validFrom ?? "") ? -1 : 1));
          return (
            <ol className={styles.versions}>
              {ordered
                .map((version, index) => (
                  <Version key={`${version.validFrom} ${version.updated}`} version={version} before={ordered[index - 1]} at={at} first={index === ordered.length - 1} onTravel={(instant) => change({ at: instant })} />
                ))
                .reverse()}
            </ol>
          );
        }}
      </Answer>
    </Panel>
  );
}

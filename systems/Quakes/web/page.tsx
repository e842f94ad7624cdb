import { Answer, count, dateTime, Empty, Loading, PageHead, Panel, plural, useNow, useTitle, useUrlState, useZone, type Sort } from "@tarn/console";
import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useCallback, useMemo, useState, type ReactNode } from "react";
import { useFeed, useLiveQuakes, useQuakes, type Answered } from "./data";
import { FeedState } from "./FeedState";
import { FilterBar } from "./FilterBar";
import { applyFilters, bounds, parseFilters, sorted, type Filters } from "./filters";
import { QuakeDetail } from "./QuakeDetail";
import { QuakeTable } from "./QuakeTable";
import { feedNow, titleOf, type Quake } from "./quake";
import styles from "./quakes.module.css";
import { strongest } from "./stats";
import { Strongest } from "./Strongest";
import { TimeTravel } from "./TimeTravel";

const QuakeMap = lazy(() => import("./QuakeMap"));
const HourChart = lazy(() => import("./charts").then((module) => ({ default: module.HourChart })));
const MagnitudeChart = lazy(() => import("./charts").then((module) => ({ default: module.MagnitudeChart })));
const DepthChart = lazy(() => import("./charts").then((module) => ({ default: module.DepthChart })));

function Summary({ shown, answer, filters, cut }: { shown: readonly Quake[]; answer: Answered; filters: Filters; cut: boolean }): ReactNode {
  const best = useMemo(() => strongest(shown.filter((quake) => !quake.isDeleted)), [shown]);
  const zone = useZone();
  return (
    <p className={styles.summary} aria-live="polite">
      <b>{plural(shown.length, "event")}</b>
      {shown.length !== answer.events.length && ` of ${count(answer.events.length)} in this time`}
      {filters.at !== null && ` as known at ${dateTime(filters.at, zone).slice(0, 16)}`}
      {best !== null && `. Strongest: ${titleOf(best)}`}
      {cut && <strong> — only the newest {count(answer.events.length)} of {count(answer.total)} are loaded; shorten the time or raise the magnitude</strong>}
    </p>
  );
}

export default function QuakesPage(): ReactNode {
  useTitle("Earthquakes");
  const [url, change] = useUrlState();
  const filters = useMemo(() => parseFilters(url), [url]);
  const quakes = useQuakes(filters);
  useLiveQuakes(filters.at !== null);
  const [byDepth, setByDepth] = useState("counts");
  const minute = useNow(60);
  const present = feedNow(useFeed().data, minute);
  const now = filters.at === null ? present : Date.parse(filters.at);
  const { from, to } = quakes.data ?? bounds(filters, present);
  const all = quakes.data?.events ?? [];
  const shown = useMemo(() => applyFilters(all, filters), [all, filters]);
  const sort: Sort = { by: url.get("sort") ?? "time", descending: url.get("asc") !== "1" };
  const rows = useMemo(() => sorted(shown, sort), [shown, sort.by, sort.descending]);
  const id = url.get("event");
  const selected = useMemo(() => (id === null ? null : (shown.find((quake) => quake.id === id) ?? null)), [shown, id]);
  const select = useCallback((next: string | null) => change({ event: next }), [change]);
  const past = filters.at !== null;

  return (
    <div className={styles.page} data-past={past || undefined}>
      <PageHead title="Earthquakes" lead={<FeedState shownAt={past ? 0 : quakes.dataUpdatedAt} />} />
      <FilterBar filters={filters} events={all} from={from} to={to} change={change} />
      <TimeTravel at={filters.at} from={from} now={present} change={change} />
      <Answer of={quakes} what="events" rows={8}>
        {(answer) => (
          <>
            <Summary shown={shown} answer={answer} filters={filters} cut={quakes.cut} />
            {all.length === 0 && (
              <Empty title={past ? "Nothing was known then" : "No events in this time"}>
                {past ? "The tables know of no event of this range as of that instant." : "Choose a longer range, or wait for the next poll of the feed."}
              </Empty>
            )}
            <div className={styles.top} data-stale={quakes.isPlaceholderData || undefined}>
              <div className={styles.left}>
                <Suspense fallback={<div className={styles.map}><Loading rows={5} what="map" /></div>}>
                  <QuakeMap quakes={shown} now={now} selected={selected} onSelect={select} />
                </Suspense>
                <Panel title={to - from > 1_500 * 3_600_000 ? "Events per day" : "Events per hour"} note="the highest is marked; choose one to look into it">
                  <Suspense fallback={<Loading what="chart" />}>
                    <HourChart quakes={shown} from={from} to={to} onHour={(start, end) => change({ range: null, from: new Date(start).toISOString(), to: new Date(end).toISOString() })} />
                  </Suspense>
                </Panel>
              </div>
              <div className={styles.charts}>
                {id === null ? <Strongest quakes={shown} onSelect={select} /> : <QuakeDetail quake={selected} id={id} at={filters.at} change={change} />}
                <Suspense fallback={<Loading rows={8} what="charts" />}>
                  <Panel title="Magnitudes">
                    <MagnitudeChart quakes={shown} onMagnitudes={(min, max) => change({ min, max })} />
                  </Panel>
                  <Panel
                    title="Depth"
                    actions={<SegmentedControl aria-label="Depth chart" data={[{ value: "counts", label: "Counts" }, { value: "scatter", label: "By magnitude" }]} value={byDepth} onChange={setByDepth} />}
                  >
                    <DepthChart quakes={shown} scatter={byDepth === "scatter"} onSelect={select} />
                  </Panel>
                </Suspense>
              </div>
            </div>
            <Panel title="Events" note={`${count(rows.length)}, the same as on the map`} flush>
              <QuakeTable quakes={rows} sort={sort} onSort={(next) => change({ sort: next.by === "time" ? null : next.by, asc: !next.descending })} selected={id} onSelect={select} />
            </Panel>
          </>
        )}
      </Answer>
    </div>
  );
}

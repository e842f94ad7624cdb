import { Button } from "@mantine/core";
import { useMemo, type KeyboardEvent, type ReactNode } from "react";
import { useCalendar } from "../api/queries";
import type { CalendarDay } from "../api/types";
import { count } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { useNow } from "../ui/clock";
import { useZone } from "../ui/settings";
import { useUrlState } from "../ui/urlState";
import { addDays, dayCell, monthsOf, sumDays } from "./calendarFold";
import { DayRuns } from "./DayRuns";
import styles from "./Calendar.module.css";

/** The zone in which days begin, as the console's times are read. */
export const useZoneName = (): string => (useZone() === "utc" ? "UTC" : (Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC"));

function Day({ date, day, today, chosen, first, onOpen }: { date: string; day: CalendarDay | undefined; today: boolean; chosen: boolean; first: boolean; onOpen: () => void }): ReactNode {
  const cell = dayCell(day);
  const text = `${date}: ${cell.text}`;
  if (cell.tone === "empty") return <span className={styles.day} data-tone="empty" data-today={today || undefined} title={text}>{Number(date.slice(8))}</span>;
  return (
    <button type="button" className={styles.day} data-tone={cell.tone} data-date={date} data-today={today || undefined} aria-pressed={chosen} aria-label={text} title={text} tabIndex={first ? 0 : -1} onClick={onOpen}>
      <span className={styles.share} data-part="success" style={{ height: `${cell.success}%` }} />
      <span className={styles.share} data-part="failed" style={{ height: `${cell.failed}%` }} />
      <span className={styles.number}>{Number(date.slice(8))}</span>
    </button>
  );
}

/** Arrow keys go from day to day and from week to week. */
function moveDay(event: KeyboardEvent<HTMLDivElement>): void {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
  const date = (event.target as HTMLElement).dataset["date"];
  if (step === undefined || date === undefined) return;
  event.preventDefault();
  const next = event.currentTarget.querySelector<HTMLElement>(`[data-date="${addDays(date, step)}"]`);
  if (next === null) return;
  (event.target as HTMLElement).tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

const legend = [
  ["good", "all succeeded"],
  ["bad", "failed"],
  ["mixed", "part failed"],
  ["part", "part without a run"],
  ["missing", "no run"],
  ["future", "not ended yet"],
] as const;

/** A year of data intervals, a cell a day, filled by what became of the day's intervals. */
export function CalendarTab({ pipeline }: { pipeline: string }): ReactNode {
  const [url, setUrl] = useUrlState();
  const zone = useZoneName();
  const today = new Date(useNow(60)).toISOString().slice(0, 10);
  const chosen = url.get("day");
  const year = Number(url.get("year") ?? "") || Number((chosen ?? today).slice(0, 4));
  const calendar = useCalendar(pipeline, `${year}-01-01`, `${year + 1}-01-01`, zone);
  const days = useMemo(() => new Map((calendar.data?.days ?? []).map((day) => [day.date, day])), [calendar.data]);
  const months = useMemo(() => monthsOf(year), [year]);
  const first = chosen ?? [...days.values()].find((day) => day.total > 0)?.date;
  return (
    <>
      <div className={styles.head}>
        <div className={styles.year}>
          <Button variant="default" size="compact-sm" aria-label={`Year ${year - 1}`} onClick={() => setUrl({ year: year - 1, day: null })}>
            ‹
          </Button>
          <b>{year}</b>
          <Button variant="default" size="compact-sm" aria-label={`Year ${year + 1}`} disabled={year >= Number(today.slice(0, 4))} onClick={() => setUrl({ year: year + 1, day: null })}>
            ›
          </Button>
        </div>
        <Sum days={[...days.values()].filter((day) => day.date.startsWith(String(year)))} />
        <ul className={styles.legend} aria-label="Legend">
          {legend.map(([tone, text]) => (
            <li key={tone}>
              <span className={styles.day} data-tone={tone} aria-hidden>
                <span className={styles.share} data-part="success" style={{ height: tone === "good" ? "100%" : tone === "mixed" || tone === "part" ? "60%" : 0 }} />
                <span className={styles.share} data-part="failed" style={{ height: tone === "bad" ? "100%" : tone === "mixed" ? "25%" : 0 }} />
              </span>
              {text}
            </li>
          ))}
        </ul>
      </div>
      <Answer of={calendar} what="calendar" rows={8} absent={<Empty title="This server has no calendar">It is older than this console.</Empty>}>
        {(data) => (
          <>
            {data.days.every((day) => day.total === 0) && <Empty title={`No data interval starts in ${year}`}>A pipeline on demand has none.</Empty>}
            <div className={styles.months} onKeyDown={moveDay}>
              {months.map((month) => (
                <section key={month.month} aria-label={`${month.name} ${year}`}>
                  <h3>{month.name}</h3>
                  <div className={styles.weeks}>
                    {["M", "T", "W", "T", "F", "S", "S"].map((letter, index) => (
                      <span key={index} className={styles.weekday} aria-hidden>
                        {letter}
                      </span>
                    ))}
                    {month.weeks.flat().map((date, index) =>
                      date === null ? <span key={`none-${index}`} /> : (
                        <Day key={date} date={date} day={days.get(date)} today={date === today} chosen={date === chosen} first={date === first} onOpen={() => setUrl({ day: date === chosen ? null : date })} />
                      ),
                    )}
                  </div>
                </section>
              ))}
            </div>
          </>
        )}
      </Answer>
      {chosen !== null && <DayRuns key={chosen} pipeline={pipeline} date={chosen} zone={zone} day={days.get(chosen)} onClose={() => setUrl({ day: null })} />}
    </>
  );
}

function Sum({ days }: { days: readonly CalendarDay[] }): ReactNode {
  const sum = sumDays(days);
  if (sum.total === 0) return null;
  return (
    <span className={styles.sum}>
      {count(sum.total)} intervals: <b>{count(sum.success)}</b> succeeded, <b>{count(sum.failed)}</b> failed, <b>{count(sum.none)}</b> without a run
    </span>
  );
}

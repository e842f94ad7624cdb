import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useIntervals, useRuns } from "../api/queries";
import type { CalendarDay } from "../api/types";
import { count, plural } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { DataTable } from "../ui/DataTable";
import { StateLabel } from "../ui/State";
import { At } from "../ui/Time";
import { addDays, dayCell } from "./calendarFold";
import { RunTable } from "./RunList";
import { startOfDay } from "./zoneDays";
import styles from "./Calendar.module.css";

const most = 1_000;

/** One day of the calendar: what became of its intervals, and the runs that are known of them. */
export function DayRuns({ pipeline, date, zone, day, onClose }: { pipeline: string; date: string; zone: string; day: CalendarDay | undefined; onClose: () => void }): ReactNode {
  const [from, to] = [startOfDay(date, zone), startOfDay(addDays(date, 1), zone)];
  const intervals = useIntervals(pipeline, from, to);
  const runs = useRuns({ pipeline, from, to, limit: most });
  const here = runs.data?.filter((run) => {
    const start = Date.parse(run.dataInterval?.start ?? run.logicalDate);
    return start >= Date.parse(from) && start < Date.parse(to);
  });
  return (
    <section className={styles.dayRuns} aria-label={`Runs of ${date}`}>
      <header>
        <h3>
          {date} <small>{dayCell(day).text}</small>
        </h3>
        <Button variant="default" size="compact-sm" onClick={onClose}>
          Close
        </Button>
      </header>
      <Answer of={intervals} what="intervals" rows={2} absent={null} isEmpty={(data) => data.ranges.length === 0} empty={<Empty title="None of the day's intervals has ended with a run" />}>
        {(data) => (
          <DataTable
            label={`Intervals of ${date}`}
            rows={data.ranges}
            rowKey={(range) => range.start}
            maxHeight={220}
            fields={[
              { key: "state", head: "Intervals that ended alike", cell: (range) => <StateLabel state={range.state} /> },
              { key: "from", head: "From", cell: (range) => <At at={range.start} /> },
              { key: "to", head: "To", cell: (range) => <At at={range.end} /> },
              { key: "count", head: "Intervals", right: true, cell: (range) => count(range.intervals) },
            ]}
          />
        )}
      </Answer>
      <Answer of={runs} what="runs" rows={3}>
        {(data) =>
          here === undefined || here.length === 0 ? (
            <Empty title="No run of this day is at hand">{data.length >= most ? `It is not among the newest ${plural(most, "run")}.` : "Runs are kept for a while; what became of the intervals is kept for ever."}</Empty>
          ) : (
            <RunTable runs={here} pipeline={pipeline} />
          )
        }
      </Answer>
    </section>
  );
}

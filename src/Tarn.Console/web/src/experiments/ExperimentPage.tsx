import { Button, Tabs, TextInput } from "@mantine/core";
import { lazy, Suspense, useState, type FormEvent, type ReactNode } from "react";
import { useParams } from "wouter";
import { useExperiment, useTrainingRuns } from "../api/queries";
import type { TrainingRun } from "../api/types";
import { count, plural } from "../format/numbers";
import { Answer, Empty, Loading } from "../ui/Answer";
import type { Sort } from "../ui/DataTable";
import { Facts, PageHead, Panel } from "../ui/Panel";
import { Ago } from "../ui/Time";
import { useTitle } from "../ui/title";
import { useUrlState } from "../ui/urlState";
import { orderOf, RunTable } from "./RunTable";
import styles from "./Experiments.module.css";

const ComparePanel = lazy(() => import("./ComparePanel"));

/** So many runs are compared where none was chosen. */
const comparedByDefault = 8;
const pageSize = 100;

function readSort(text: string | null): Sort | undefined {
  if (text === null) return undefined;
  return text.startsWith("-") ? { by: text.slice(1), descending: true } : { by: text, descending: false };
}

export default function ExperimentPage(): ReactNode {
  const id = decodeURIComponent(useParams<{ id: string }>().id);
  const experiment = useExperiment(id);
  useTitle(experiment.data?.name ?? "Experiment");
  const [url, setUrl] = useUrlState();
  const [limit, setLimit] = useState(pageSize);
  const filter = url.get("filter") ?? "";
  const [typed, setTyped] = useState(filter);
  const sort = readSort(url.get("sort"));
  const runs = useTrainingRuns(id, filter, orderOf(sort), limit);
  const chosen = new Set((url.get("runs") ?? "").split(",").filter((one) => one !== ""));
  const tab = url.get("tab") ?? "runs";

  const choose = (run: string): void => {
    const next = new Set(chosen);
    if (!next.delete(run)) next.add(run);
    setUrl({ runs: [...next].join(",") });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setLimit(pageSize);
    setUrl({ filter: typed.trim() });
  };
  const compared = (all: readonly TrainingRun[]): readonly TrainingRun[] => {
    const some = all.filter((run) => chosen.has(run.id));
    return some.length > 0 ? some : all.slice(0, comparedByDefault);
  };

  return (
    <>
      <PageHead title={experiment.data?.name ?? "Experiment"} trail={[{ text: "Experiments", href: "/experiments" }]} lead={experiment.data?.tags["mlflow.note.content"]} />
      <Answer of={experiment} what="experiment" rows={2}>
        {(data) => (
          <Panel title="Now">
            <Facts
              items={[
                ["Id", data.id],
                ["Runs", count(data.runs)],
                ["Under way", count(data.runningRuns)],
                ["Last started", <Ago key="l" at={data.lastStartedAt} />],
                ["Artifacts", <code key="a">{data.artifactLocation}</code>],
              ]}
            />
          </Panel>
        )}
      </Answer>
      <section className={styles.tabs}>
        <form className={styles.bar} onSubmit={submit}>
          <TextInput
            className={styles.filter}
            label="Filter"
            size="xs"
            placeholder="metrics.accuracy > 0.9 AND params.head = 'mlp'"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" size="compact-sm" variant="default">
            Apply
          </Button>
          {chosen.size > 0 && (
            <span className={styles.chosen}>
              {plural(chosen.size, "run")} chosen{" "}
              <Button variant="subtle" size="compact-xs" onClick={() => setUrl({ runs: null })}>
                Clear
              </Button>
            </span>
          )}
        </form>
        <Tabs value={tab} onChange={(value) => setUrl({ tab: value === "runs" ? null : value })} keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="runs">Runs</Tabs.Tab>
            <Tabs.Tab value="compare">Compare</Tabs.Tab>
          </Tabs.List>
          <Answer
            of={runs}
            what="training runs"
            rows={6}
            isEmpty={(data) => data.runs.length === 0}
            empty={<Empty title="No runs">{filter === "" ? "They appear when a training starts, or an MLflow client logs here." : "None matches the filter."}</Empty>}
          >
            {(data) => (
              <>
                <Tabs.Panel value="runs">
                  <RunTable runs={data.runs} chosen={chosen} onChoose={choose} sort={sort} onSort={(next) => setUrl({ sort: `${next.descending ? "-" : ""}${next.by}` })} />
                  {data.nextPageToken && limit < 1000 && (
                    <div className={styles.more}>
                      <Button variant="subtle" loading={runs.isFetching} onClick={() => setLimit(Math.min(1000, limit * 3))}>
                        Show more
                      </Button>
                    </div>
                  )}
                </Tabs.Panel>
                <Tabs.Panel value="compare">
                  <Suspense fallback={<Loading rows={6} what="comparison" />}>
                    <ComparePanel runs={compared(data.runs)} metric={url.get("metric") ?? undefined} onMetric={(metric) => setUrl({ metric })} />
                  </Suspense>
                </Tabs.Panel>
              </>
            )}
          </Answer>
        </Tabs>
      </section>
    </>
  );
}

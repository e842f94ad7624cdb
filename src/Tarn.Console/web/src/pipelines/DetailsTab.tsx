import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Pipeline, PipelineParameter, PipelineTask } from "../api/types";
import { count } from "../format/numbers";
import { duration } from "../format/time";
import { DataTable, type TableField } from "../ui/DataTable";
import { Facts } from "../ui/Panel";
import { kindWords } from "./tasks";
import styles from "./Pipelines.module.css";

const enc = encodeURIComponent;
const seconds = (value: number | null | undefined): string => (value === null || value === undefined ? "none" : duration(value * 1000));
const ruleWords = (rule: string | null | undefined): string => (rule ?? "all_success").replaceAll("_", " ");

/** What is out of the ordinary about a task. */
function Traits({ task }: { task: PipelineTask }): ReactNode {
  const traits = [
    task.over && `over ${task.over}`,
    task.teardownOf && `of ${task.teardownOf}`,
    task.pool && task.pool !== "default" && `pool ${task.pool}`,
    (task.slots ?? 1) > 1 && `${task.slots} slots`,
    (task.priority ?? 0) !== 0 && `priority ${task.priority}`,
    task.maxActive && `${task.maxActive} active at most`,
    task.dependsOnPast && "depends on past",
    task.mayFail && "may fail",
    task.cached && "cached",
    task.executor && task.executor !== "in-process" && task.executor,
  ].filter((trait): trait is string => typeof trait === "string");
  return (
    <>
      {task.subPipeline && <Link href={`/pipelines/${enc(task.subPipeline)}`}>{task.subPipeline}</Link>}
      {task.subPipeline && traits.length > 0 && ", "}
      {traits.join(", ")}
    </>
  );
}

const tasks: TableField<PipelineTask>[] = [
  {
    key: "name",
    head: "Task",
    cell: (task) => (
      <>
        <b>{task.name}</b>
        {kindWords[task.kind ?? "task"] !== "" && <small className={styles.tag}>{kindWords[task.kind ?? "task"]}</small>}
        {task.description && <div className={styles.under}>{task.description}</div>}
      </>
    ),
  },
  { key: "after", head: "After", cell: (task) => task.after.join(", ") || "–" },
  { key: "rule", head: "Starts when", cell: (task) => ruleWords(task.rule) },
  { key: "retries", head: "Retries", right: true, cell: (task) => count(task.retries) },
  { key: "timeout", head: "Timeout", right: true, wide: true, cell: (task) => seconds(task.timeoutSeconds) },
  { key: "traits", head: "Settings", cell: (task) => <Traits task={task} /> },
];

/** The schema without what stands beside it already. */
function schemaText(schema: PipelineParameter["schema"]): string {
  if (typeof schema !== "object" || schema === null) return JSON.stringify(schema ?? {});
  return JSON.stringify(Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "description" && name !== "default")));
}

const parameters: TableField<PipelineParameter>[] = [
  { key: "name", head: "Parameter", cell: (parameter) => <><b>{parameter.name}</b>{parameter.description && <div className={styles.under}>{parameter.description}</div>}</> },
  { key: "default", head: "Default", cell: (parameter) => (parameter.required ? "has to be given" : <code>{JSON.stringify(parameter.default ?? null)}</code>) },
  { key: "schema", head: "Schema", cell: (parameter) => <code className={styles.schema}>{schemaText(parameter.schema)}</code> },
];

/** The pipeline as it is defined. */
export function DetailsTab({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const given = pipeline.parameters ?? [];
  const alerts = pipeline.alerts ?? [];
  return (
    <>
      <div className={styles.facts}>
        <Facts
          items={[
            ["Definition", <code key="h">{pipeline.definitionHash ?? "not told"}</code>],
            ["Catch-up", pipeline.catchUp ? "on" : "off"],
            ["Active runs at most", count(pipeline.maxActiveRuns)],
            ["Active tasks at most", pipeline.maxActiveTasks ? count(pipeline.maxActiveTasks) : "as the pools allow"],
            ["Retries", count(pipeline.retries)],
            ["Time limit of a run", seconds(pipeline.runTimeoutSeconds)],
            ["To be done in", seconds(pipeline.slaSeconds)],
            alerts.length > 0 && ["Alerts", alerts.map((rule) => `${[rule.events].flat().join(", ").replaceAll("_", " ")} to ${rule.channels.join(", ") || "the default channels"}`).join("; ")],
            (pipeline.triggeredBy ?? []).length > 0 && [pipeline.triggersOnAll ? "Started by all of" : "Started by", (pipeline.triggeredBy ?? []).map((source, index) => (
              <span key={source.name}>
                {index > 0 && ", "}
                {source.kind} <Link href={`/${source.kind === "topic" ? "topics" : "tables"}/${enc(source.name)}`}>{source.name}</Link>
              </span>
            ))],
            (pipeline.repairedBy ?? []).length > 0 && ["Repaired by", (pipeline.repairedBy ?? []).map((source, index) => (
              <span key={source.table}>
                {index > 0 && ", "}
                <Link href={`/tables/${enc(source.table)}`}>{source.table}</Link> for {duration(source.horizonSeconds * 1000)}
              </span>
            ))],
          ]}
        />
      </div>
      <h3 className={styles.part}>Tasks</h3>
      <DataTable label="Tasks" fields={tasks} rows={pipeline.tasks} rowKey={(task) => task.name} />
      {given.length > 0 && (
        <>
          <h3 className={styles.part}>Parameters</h3>
          <DataTable label="Parameters" fields={parameters} rows={given} rowKey={(parameter) => parameter.name} />
        </>
      )}
    </>
  );
}

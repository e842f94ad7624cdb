// Lets the npm package "mlflow", a client of MLflow's REST API that others wrote, loose on a server: node mlflow.cjs URL.
// Prints what it saw as JSON. Fails where an answer is not what that client expects.
"use strict";
const assert = require("node:assert/strict");
const MLflow = require("mlflow");

async function main(endpoint) {
  const { Experiments, Runs, Metrics, Artifacts } = new MLflow({ endpoint });
  const { experiment_id } = await Experiments.create({ name: "from-node" });
  const { experiments } = await Experiments.list({ view_type: "ACTIVE_ONLY" });
  assert.ok(experiments.some((one) => one.experiment_id === experiment_id && one.name === ("from-node")));

  const { run } = await Runs.create({ experiment_id, user_id: "node", start_time: Date.now(), tags: [{ key: "k", value: "v" }] });
  const run_id = run.info.run_id;
  for (let step = 0; step < 3; step++) await Runs.logMetric({ run_id, key: "loss", value: 1 / (step + 1), timestamp: Date.now(), step });
  await Runs.logParameter({ run_id, key: "lr", value: "0.1" });
  await Runs.logBatch({ run_id, metrics: [{ key: "acc", value: 0.9, timestamp: Date.now(), step: 1 }], params: [{ key: "head", value: "mlp" }], tags: [{ key: "t", value: "x" }] });
  await Runs.setTag({ run_id, key: "note", value: "hello" });
  await Runs.deleteTag({ run_id, key: "k" });
  await Runs.update({ run_id, status: "FINISHED", end_time: Date.now() });

  const read = (await Runs.get({ run_id })).run;
  const found = await Runs.search({ experiment_ids: [experiment_id], filter: "metrics.acc > 0.5 and params.head = 'mlp'", run_view_type: "ACTIVE_ONLY", max_results: 10, order_by: ["metrics.acc DESC"] });
  const history = await Metrics.getHistory({ run_id, metric_key: "loss" });
  const artifacts = await Artifacts.list({ run_id });
  await Runs.delete({ run_id });
  const deleted = (await Runs.get({ run_id })).run.info.lifecycle_stage;
  await Runs.restore({ run_id });
  await Experiments.update({ experiment_id, new_name: "from-node-2" });
  await Experiments.delete({ experiment_id });
  await Experiments.restore({ experiment_id });
  const experiment = (await Experiments.get({ experiment_id })).experiment;

  return {
    name: experiment.name,
    status: read.info.status,
    params: Object.fromEntries(read.data.params.map((one) => [one.key, one.value])),
    metrics: Object.fromEntries(read.data.metrics.map((one) => [one.key, one.value])),
    found: found.runs.map((one) => one.info.run_id === run_id),
    steps: history.metrics.map((one) => one.step),
    root: artifacts.root_uri === read.info.artifact_uri,
    deleted,
  };
}

main(process.argv[2]).then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { Component, lazy, Suspense, useEffect, type ReactNode } from "react";
import { Link, Route, Switch } from "wouter";
import { ApiError } from "./api/client";
import { answered, createQueries } from "./api/queries";
import { connect } from "./api/stream";
import { SessionGate } from "./session/SessionGate";
import { Shell } from "./shell/Shell";
import { systemPages } from "./systems";
import { theme, variables } from "./theme/theme";
import { Empty, ErrorNote, Loading } from "./ui/Answer";

const load = {
  overview: () => import("./overview/OverviewPage"),
  pipelines: () => import("./pipelines/PipelinesPage"),
  pipeline: () => import("./pipelines/PipelinePage"),
  run: () => import("./pipelines/RunPage"),
  tables: () => import("./tables/TablesPage"),
  table: () => import("./tables/TablePage"),
  topics: () => import("./topics/TopicsPage"),
  topic: () => import("./topics/TopicPage"),
  datasets: () => import("./datasets/DatasetsPage"),
  dataset: () => import("./datasets/DatasetPage"),
  experiments: () => import("./experiments/ExperimentsPage"),
  experiment: () => import("./experiments/ExperimentPage"),
  trainingRun: () => import("./experiments/TrainingRunPage"),
  models: () => import("./models/ModelsPage"),
  model: () => import("./models/ModelPage"),
  endpoints: () => import("./endpoints/EndpointsPage"),
  endpoint: () => import("./endpoints/EndpointPage"),
  remotes: () => import("./endpoints/RemotesPage"),
  keys: () => import("./session/KeysPage"),
  audit: () => import("./session/AuditPage"),
  nodes: () => import("./nodes/NodesPage"),
};

const Overview = lazy(load.overview);
const Pipelines = lazy(load.pipelines);
const PipelineDetail = lazy(load.pipeline);
const RunDetail = lazy(load.run);
const Tables = lazy(load.tables);
const TableDetail = lazy(load.table);
const Topics = lazy(load.topics);
const TopicDetail = lazy(load.topic);
const Datasets = lazy(load.datasets);
const DatasetDetail = lazy(load.dataset);
const Experiments = lazy(load.experiments);
const ExperimentDetail = lazy(load.experiment);
const TrainingRunDetail = lazy(load.trainingRun);
const Models = lazy(load.models);
const ModelDetail = lazy(load.model);
const Endpoints = lazy(load.endpoints);
const EndpointDetail = lazy(load.endpoint);
const Remotes = lazy(load.remotes);
const Keys = lazy(load.keys);
const Audit = lazy(load.audit);
const Nodes = lazy(load.nodes);

const queries = createQueries();

/** So long the other pages wait for the answers of the first; one that answers slowly does not keep them for ever. */
const firstPageMs = 10_000;

/** Once the first page stands, with what it asked for, the others are fetched in quiet moments: the next click waits for nothing, even with the server away. */
async function loadTheRest(): Promise<void> {
  await answered(queries, firstPageMs);
  for (const one of Object.values(load)) {
    await new Promise((quiet) => ("requestIdleCallback" in window ? requestIdleCallback(quiet, { timeout: 5_000 }) : setTimeout(quiet, 500)));
    // What cannot be had now is asked for again when it is needed, and says so then.
    await one().catch(() => undefined);
  }
}

let isRestAsked = false;

/** Beside a page, so that it begins only when the page's own parts are there and have asked for what they show. */
function ThenTheRest(): ReactNode {
  useEffect(() => {
    if (isRestAsked) return;
    isRestAsked = true;
    void loadTheRest();
  }, []);
  return null;
}

/** A page that fails says so in its own place; the rest of the console stays. */
class PageBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    // A part that could not be loaded stays so until the page is loaded anew: the server was away, or a newer version took its place.
    const missing = error instanceof Error && /import|module|chunk/i.test(error.message);
    return (
      <ErrorNote
        error={missing ? new ApiError({ status: 0, title: "This page could not be loaded", detail: "The server does not answer, or was updated since this console was opened." }) : error}
        onRetry={() => (missing ? location.reload() : this.setState({ error: null }))}
      />
    );
  }
}

function NotFound(): ReactNode {
  return (
    <Empty title="There is no such page">
      <Link href="/">Go to the overview</Link>
    </Empty>
  );
}

const page = (Page: React.ComponentType) => (
  <PageBoundary>
    <Suspense fallback={<Loading rows={6} what="page" />}>
      <Page />
      <ThenTheRest />
    </Suspense>
  </PageBoundary>
);

/** Opens the event stream for who may hear it, and again for who has just logged in. */
function Streaming({ who }: { who: number }): ReactNode {
  useEffect(() => connect(queries), [who]);
  return null;
}

export function App(): ReactNode {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <SessionGate>
          {(who) => (
            <Shell>
              <Streaming who={who} />
              <Switch>
                <Route path="/">{page(Overview)}</Route>
                <Route path="/pipelines">{page(Pipelines)}</Route>
                <Route path="/pipelines/:name">{({ name }) => <Keyed key={name}>{page(PipelineDetail)}</Keyed>}</Route>
                <Route path="/runs/:id">{({ id }) => <Keyed key={id}>{page(RunDetail)}</Keyed>}</Route>
                <Route path="/tables">{page(Tables)}</Route>
                <Route path="/tables/:name">{({ name }) => <Keyed key={name}>{page(TableDetail)}</Keyed>}</Route>
                <Route path="/topics">{page(Topics)}</Route>
                <Route path="/topics/:name">{({ name }) => <Keyed key={name}>{page(TopicDetail)}</Keyed>}</Route>
                <Route path="/datasets">{page(Datasets)}</Route>
                <Route path="/datasets/:name">{({ name }) => <Keyed key={name}>{page(DatasetDetail)}</Keyed>}</Route>
                <Route path="/experiments">{page(Experiments)}</Route>
                <Route path="/experiments/:id">{({ id }) => <Keyed key={id}>{page(ExperimentDetail)}</Keyed>}</Route>
                <Route path="/training-runs/:id">{({ id }) => <Keyed key={id}>{page(TrainingRunDetail)}</Keyed>}</Route>
                <Route path="/models">{page(Models)}</Route>
                <Route path="/models/:name">{({ name }) => <Keyed key={name}>{page(ModelDetail)}</Keyed>}</Route>
                <Route path="/endpoints">{page(Endpoints)}</Route>
                <Route path="/endpoints/:name">{({ name }) => <Keyed key={name}>{page(EndpointDetail)}</Keyed>}</Route>
                <Route path="/remotes">{page(Remotes)}</Route>
                <Route path="/settings/keys">{page(Keys)}</Route>
                <Route path="/settings/audit">{page(Audit)}</Route>
                <Route path="/nodes">{page(Nodes)}</Route>
                {systemPages.map((system) => (
                  <Route key={system.path} path={system.path}>
                    {page(system.Page)}
                  </Route>
                ))}
                <Route>
                  <NotFound />
                </Route>
              </Switch>
            </Shell>
          )}
        </SessionGate>
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** A page of another thing starts afresh. */
const Keyed = ({ children }: { children: ReactNode }): ReactNode => children;

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { Component, lazy, Suspense, useEffect, type ReactNode } from "react";
import { Link, Route, Switch } from "wouter";
import { createQueries } from "./api/queries";
import { connect } from "./api/stream";
import { Shell } from "./shell/Shell";
import { systemPages } from "./systems";
import { theme, variables } from "./theme/theme";
import { Empty, ErrorNote, Loading } from "./ui/Answer";

const Overview = lazy(() => import("./overview/OverviewPage"));
const Pipelines = lazy(() => import("./pipelines/PipelinesPage"));
const PipelineDetail = lazy(() => import("./pipelines/PipelinePage"));
const RunDetail = lazy(() => import("./pipelines/RunPage"));
const Tables = lazy(() => import("./tables/TablesPage"));
const TableDetail = lazy(() => import("./tables/TablePage"));
const Topics = lazy(() => import("./topics/TopicsPage"));
const TopicDetail = lazy(() => import("./topics/TopicPage"));

const queries = createQueries();

/** A page that fails says so in its own place; the rest of the console stays. */
class PageBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <ErrorNote error={this.state.error} onRetry={() => this.setState({ error: null })} />;
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
    </Suspense>
  </PageBoundary>
);

export function App(): ReactNode {
  useEffect(() => connect(queries), []);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Shell>
          <Switch>
            <Route path="/">{page(Overview)}</Route>
            <Route path="/pipelines">{page(Pipelines)}</Route>
            <Route path="/pipelines/:name">{({ name }) => <Keyed key={name}>{page(PipelineDetail)}</Keyed>}</Route>
            <Route path="/runs/:id">{({ id }) => <Keyed key={id}>{page(RunDetail)}</Keyed>}</Route>
            <Route path="/tables">{page(Tables)}</Route>
            <Route path="/tables/:name">{({ name }) => <Keyed key={name}>{page(TableDetail)}</Keyed>}</Route>
            <Route path="/topics">{page(Topics)}</Route>
            <Route path="/topics/:name">{({ name }) => <Keyed key={name}>{page(TopicDetail)}</Keyed>}</Route>
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
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** A page of another thing starts afresh. */
const Keyed = ({ children }: { children: ReactNode }): ReactNode => children;

import { keepPreviousData, QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { ApiError, get, withQuery } from "./client";
import type {
  Artifact, Backfill, Calendar, Commit, Curve, Dataset, DatasetDetail, DatasetFindings, DatasetImages, Experiment, Grid, Intervals, LedgerEntry, Node, Pipeline, RegisteredModel, RegisteredModelDetail, Repairs, RowSet, Run, RunSummary, Status,
  TableDetail, TableSummary, Topic, TopicRecord, TrainingRunDetail, TrainingRuns,
} from "./types";

/** Answers stay good until an event makes them stale; the slow poll is for what no event tells. */
export const createQueries = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => error instanceof ApiError && error.unreachable && count < 1,
        refetchInterval: (query) => (query.state.status === "error" && query.state.error instanceof ApiError && query.state.error.unreachable ? 4_000 : false),
      },
    },
  });

/** Resolves when nothing is being asked, an answer or an error having come for all that was; after so many milliseconds also where something still is. */
export const answered = (queries: QueryClient, longestMs: number): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const look = (): void => {
      if (queries.isFetching() === 0) end();
    };
    const timer = setTimeout(end, longestMs);
    const stop = queries.getQueryCache().subscribe(look);
    look();
  });

const enc = encodeURIComponent;

export const useStatus = (): UseQueryResult<Status> =>
  useQuery({ queryKey: ["status"], queryFn: ({ signal }) => get<Status>("/status", {}, signal), refetchInterval: 30_000 });

export const usePipelines = (): UseQueryResult<Pipeline[]> =>
  useQuery({ queryKey: ["pipelines"], queryFn: ({ signal }) => get<Pipeline[]>("/pipelines", {}, signal) });

export const usePipeline = (name: string): UseQueryResult<Pipeline> =>
  useQuery({ queryKey: ["pipelines", name], queryFn: ({ signal }) => get<Pipeline>(`/pipelines/${enc(name)}`, {}, signal) });

export interface RunFilter {
  pipeline?: string;
  state?: string;
  trigger?: string;
  backfill?: string;
  /** Of runs whose data interval starts at or after it, and before `to`. */
  from?: string;
  to?: string;
  limit?: number;
}

export const useRuns = (filter: RunFilter): UseQueryResult<RunSummary[]> =>
  useQuery({ queryKey: ["runs", filter], queryFn: ({ signal }) => get<RunSummary[]>("/runs", { ...filter }, signal), placeholderData: keepPreviousData });

export const useRun = (id: string | undefined): UseQueryResult<Run> =>
  useQuery({
    queryKey: ["run", id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => get<Run>(`/runs/${enc(id ?? "")}`, {}, signal),
    // An event can be missed; a run that is under way is looked at now and then.
    refetchInterval: (query) => (query.state.data?.state === "running" || query.state.data?.state === "queued" ? 5_000 : false),
  });

/** The newest runs of a pipeline with their tasks' states; `before` leads to older ones. */
export const useGrid = (name: string, limit: number, before: string | undefined): UseQueryResult<Grid> =>
  useQuery({
    queryKey: ["grid", name, { limit, before }],
    queryFn: ({ signal }) => get<Grid>(`/pipelines/${enc(name)}/grid`, { limit, before }, signal),
    placeholderData: keepPreviousData,
  });

/** What became of the intervals of each day from one to before another. */
export const useCalendar = (name: string, from: string, to: string, zone: string): UseQueryResult<Calendar> =>
  useQuery({
    queryKey: ["intervals", name, "calendar", { from, to, zone }],
    queryFn: ({ signal }) => get<Calendar>(`/pipelines/${enc(name)}/calendar`, { from, to, zone }, signal),
    placeholderData: keepPreviousData,
  });

/** What became of the intervals between two instants, as ranges of those that ended alike. */
export const useIntervals = (name: string, from: string, to: string): UseQueryResult<Intervals> =>
  useQuery({ queryKey: ["intervals", name, "ranges", { from, to }], queryFn: ({ signal }) => get<Intervals>(`/pipelines/${enc(name)}/intervals`, { from, to }, signal) });

export const useBackfills = (pipeline: string, limit: number): UseQueryResult<Backfill[]> =>
  useQuery({ queryKey: ["backfills", { pipeline, limit }], queryFn: ({ signal }) => get<Backfill[]>("/backfills", { pipeline, limit }, signal), placeholderData: keepPreviousData });

export const useRepairs = (name: string): UseQueryResult<Repairs> =>
  useQuery({ queryKey: ["repairs", name], queryFn: ({ signal }) => get<Repairs>(`/pipelines/${enc(name)}/repairs`, {}, signal), refetchInterval: 10_000 });

/** No event tells of a node: they are looked at now and then. */
export const useNodes = (): UseQueryResult<Node[]> =>
  useQuery({ queryKey: ["nodes"], queryFn: ({ signal }) => get<Node[]>("/nodes", {}, signal), refetchInterval: 5_000 });

export const useTables = (): UseQueryResult<TableSummary[]> =>
  useQuery({ queryKey: ["tables"], queryFn: ({ signal }) => get<TableSummary[]>("/tables", {}, signal) });

export const useTable = (name: string): UseQueryResult<TableDetail> =>
  useQuery({ queryKey: ["table", name, "detail"], queryFn: ({ signal }) => get<TableDetail>(`/tables/${enc(name)}`, {}, signal) });

export const useHistory = (name: string, limit: number): UseQueryResult<Commit[]> =>
  useQuery({ queryKey: ["table", name, "history", limit], queryFn: ({ signal }) => get<Commit[]>(`/tables/${enc(name)}/history`, { limit }, signal), placeholderData: keepPreviousData });

export interface RowsOptions {
  limit: number;
  offset: number;
  orderBy?: string;
  descending?: boolean;
  asOf?: string;
}

export const useRows = (name: string, options: RowsOptions): UseQueryResult<RowSet> =>
  useQuery({
    // A version once committed does not change: rows as of one are kept out of what commits make stale.
    queryKey: options.asOf ? ["rows", name, options] : ["table", name, "rows", options],
    queryFn: ({ signal }) => get<RowSet>(`/tables/${enc(name)}/rows`, { ...options }, signal),
    placeholderData: keepPreviousData,
  });

export const useTopics = (): UseQueryResult<Topic[]> => useQuery({ queryKey: ["topics"], queryFn: ({ signal }) => get<Topic[]>("/topics", {}, signal) });

export const useTopic = (name: string): UseQueryResult<Topic> =>
  useQuery({ queryKey: ["topic", name, "detail"], queryFn: ({ signal }) => get<Topic>(`/topics/${enc(name)}`, {}, signal) });

export const useRecords = (name: string, seek: { partition: number; offset?: number; time?: string; limit: number }, follow: boolean): UseQueryResult<TopicRecord[]> =>
  useQuery({
    queryKey: follow ? ["topic", name, "records", seek] : ["records", name, seek],
    queryFn: ({ signal }) => get<TopicRecord[]>(`/topics/${enc(name)}/records`, seek, signal),
    placeholderData: keepPreviousData,
  });

/** No event tells of experiments and training runs: what is looked at is asked for again now and then. */
const trainingPoll = 5_000;

export const useExperiments = (): UseQueryResult<Experiment[]> =>
  useQuery({ queryKey: ["experiments"], queryFn: ({ signal }) => get<Experiment[]>("/experiments", { limit: 1000 }, signal), refetchInterval: trainingPoll });

export const useExperiment = (id: string): UseQueryResult<Experiment> =>
  useQuery({ queryKey: ["experiments", id], queryFn: ({ signal }) => get<Experiment>(`/experiments/${enc(id)}`, {}, signal), refetchInterval: trainingPoll });

export const useTrainingRuns = (experiment: string, filter: string, orderBy: string, limit: number): UseQueryResult<TrainingRuns> =>
  useQuery({
    queryKey: ["training-runs", { experiment, filter, orderBy, limit }],
    queryFn: ({ signal }) => get<TrainingRuns>("/training-runs", { experiment, filter, orderBy, limit }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: trainingPoll,
  });

export const useTrainingRun = (id: string): UseQueryResult<TrainingRunDetail> =>
  useQuery({
    queryKey: ["training-run", id],
    queryFn: ({ signal }) => get<TrainingRunDetail>(`/training-runs/${enc(id)}`, {}, signal),
    refetchInterval: (query) => (query.state.data?.run.status === "running" ? trainingPoll : false),
  });

/** A metric of several runs, by step. */
export const useCurves = (runs: readonly string[], metric: string | undefined): UseQueryResult<Curve[]> =>
  useQuery({
    queryKey: ["curves", { runs, metric }],
    enabled: runs.length > 0 && metric !== undefined,
    queryFn: ({ signal }) => get<Curve[]>(`${withQuery("/training-runs/curves", { metric, points: 400 })}${runs.map((run) => `&run=${enc(run)}`).join("")}`, {}, signal),
    placeholderData: keepPreviousData,
    refetchInterval: trainingPoll,
  });

export const useArtifacts = (run: string, path: string): UseQueryResult<Artifact[]> =>
  useQuery({ queryKey: ["training-run", run, "artifacts", path], queryFn: ({ signal }) => get<Artifact[]>(`/training-runs/${enc(run)}/artifacts`, { path }, signal) });

export const useModels = (): UseQueryResult<RegisteredModel[]> =>
  useQuery({ queryKey: ["models"], queryFn: ({ signal }) => get<RegisteredModel[]>("/models", { limit: 1000 }, signal) });

export const useModel = (name: string): UseQueryResult<RegisteredModelDetail> =>
  useQuery({ queryKey: ["models", name, "detail"], queryFn: ({ signal }) => get<RegisteredModelDetail>(`/models/${enc(name)}`, {}, signal) });

export const useLedger = (name: string, limit: number): UseQueryResult<LedgerEntry[]> =>
  useQuery({ queryKey: ["models", name, "ledger", limit], queryFn: ({ signal }) => get<LedgerEntry[]>(`/models/${enc(name)}/ledger`, { limit }, signal), placeholderData: keepPreviousData });

/** A text or JSON file of a version; its bytes never change. */
export const useVersionFile = (model: string, version: number, path: string | undefined): UseQueryResult<unknown> =>
  useQuery({
    queryKey: ["version-file", model, version, path],
    enabled: path !== undefined,
    staleTime: Infinity,
    queryFn: ({ signal }) => get<unknown>(`/models/${enc(model)}/versions/${version}/files/content`, { path }, signal),
  });

export const useDatasets = (): UseQueryResult<Dataset[]> => useQuery({ queryKey: ["datasets"], queryFn: ({ signal }) => get<Dataset[]>("/datasets", {}, signal) });

/** A dataset at its newest version, or at another. */
export const useDataset = (name: string, version: string | null): UseQueryResult<DatasetDetail> =>
  useQuery({ queryKey: ["dataset", name, "detail", version], queryFn: ({ signal }) => get<DatasetDetail>(`/datasets/${enc(name)}`, { version }, signal), placeholderData: keepPreviousData });

export interface DatasetPageOptions {
  version?: string;
  limit: number;
  offset: number;
}

export const useDatasetImages = (name: string, options: DatasetPageOptions & { label?: string; split?: string; finding?: string; group?: string }): UseQueryResult<DatasetImages> =>
  useQuery({ queryKey: ["dataset", name, "images", options], queryFn: ({ signal }) => get<DatasetImages>(`/datasets/${enc(name)}/images`, { ...options }, signal), placeholderData: keepPreviousData });

export const useDatasetFindings = (name: string, options: DatasetPageOptions & { check?: string; keptOut?: boolean }): UseQueryResult<DatasetFindings> =>
  useQuery({ queryKey: ["dataset", name, "findings", options], queryFn: ({ signal }) => get<DatasetFindings>(`/datasets/${enc(name)}/findings`, { ...options }, signal), placeholderData: keepPreviousData });

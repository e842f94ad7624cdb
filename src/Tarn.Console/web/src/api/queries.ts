import { keepPreviousData, QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { ApiError, get } from "./client";
import type { Backfill, Calendar, Commit, Grid, Intervals, Node, Pipeline, Repairs, RowSet, Run, RunSummary, Status, TableDetail, TableSummary, Topic, TopicRecord } from "./types";

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

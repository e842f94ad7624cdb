import { keepPreviousData, QueryClient, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { ApiError, get } from "./client";
import type { Commit, LogLine, Pipeline, RowSet, Run, RunSummary, Status, TableDetail, TableSummary, Topic, TopicRecord } from "./types";

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

export const useRuns = (filter: { pipeline?: string; state?: string; limit?: number }): UseQueryResult<RunSummary[]> =>
  useQuery({ queryKey: ["runs", filter], queryFn: ({ signal }) => get<RunSummary[]>("/runs", filter, signal), placeholderData: keepPreviousData });

export const useRun = (id: string | undefined): UseQueryResult<Run> =>
  useQuery({
    queryKey: ["run", id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => get<Run>(`/runs/${enc(id ?? "")}`, {}, signal),
    // An event can be missed; a run that is under way is looked at now and then.
    refetchInterval: (query) => (query.state.data?.state === "running" || query.state.data?.state === "queued" ? 5_000 : false),
  });

const logPage = 1_000;

/** The lines of a run's log: what is there already stays, only what came after it is asked for. */
export function useLogs(id: string, filter: { task?: string; attempt?: number }, live: boolean): UseQueryResult<LogLine[]> {
  const queries = useQueryClient();
  const queryKey = ["logs", id, filter];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      let lines = queries.getQueryData<LogLine[]>(queryKey) ?? [];
      for (;;) {
        const more = await get<LogLine[]>(`/runs/${enc(id)}/logs`, { ...filter, after: lines.at(-1)?.seq, limit: logPage }, signal);
        if (more.length > 0) lines = [...lines, ...more];
        if (more.length < logPage) return lines;
      }
    },
    refetchInterval: live ? 1_500 : false,
  });
}

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

import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { get, request } from "./client";
import type { Endpoint, EndpointLedgerEntry, EndpointPrediction, EndpointWindows, PictureAnswer, RemoteInstance, Rollout, ServedModel } from "./servingTypes";

const enc = encodeURIComponent;

/** Events tell of what is counted; the poll is for what goes out of the last hour, and for events that were missed. */
const poll = 10_000;

export const useEndpoints = (): UseQueryResult<Endpoint[]> => useQuery({ queryKey: ["endpoints"], queryFn: ({ signal }) => get<Endpoint[]>("/endpoints", {}, signal), refetchInterval: poll });

export const useEndpoint = (name: string): UseQueryResult<Endpoint> =>
  useQuery({ queryKey: ["endpoints", name, "detail"], queryFn: ({ signal }) => get<Endpoint>(`/endpoints/${enc(name)}`, {}, signal), refetchInterval: poll });

/** What was counted in the last hour, in windows of ten seconds. */
export const useEndpointWindows = (name: string): UseQueryResult<EndpointWindows> =>
  useQuery({
    // Not beneath "endpoints": what is counted is told once a second, which is too often for an hour of windows.
    queryKey: ["endpoint-windows", name],
    queryFn: ({ signal }) => get<EndpointWindows>(`/endpoints/${enc(name)}/windows`, { minutes: 60 }, signal),
    refetchInterval: poll,
    placeholderData: keepPreviousData,
  });

export const useEndpointPredictions = (name: string, limit: number): UseQueryResult<EndpointPrediction[]> =>
  useQuery({
    queryKey: ["endpoints", name, "predictions", limit],
    queryFn: ({ signal }) => get<EndpointPrediction[]>(`/endpoints/${enc(name)}/predictions`, { limit }, signal),
    placeholderData: keepPreviousData,
  });

export const useEndpointLedger = (name: string, limit: number): UseQueryResult<EndpointLedgerEntry[]> =>
  useQuery({
    queryKey: ["endpoints", name, "ledger", limit],
    queryFn: ({ signal }) => get<EndpointLedgerEntry[]>(`/endpoints/${enc(name)}/ledger`, { limit }, signal),
    placeholderData: keepPreviousData,
  });

export const useRollouts = (name: string): UseQueryResult<Rollout[]> =>
  useQuery({ queryKey: ["endpoints", name, "rollouts"], queryFn: ({ signal }) => get<Rollout[]>(`/endpoints/${enc(name)}/rollouts`, {}, signal) });

export const useServedModels = (): UseQueryResult<ServedModel[]> => useQuery({ queryKey: ["served"], queryFn: ({ signal }) => get<ServedModel[]>("/serving/models", {}, signal) });

/** The instances of remote clusters. Events tell of requests; the poll is for the checks of their health, which come as often. */
export const useRemotes = (): UseQueryResult<RemoteInstance[]> =>
  useQuery({ queryKey: ["remotes"], queryFn: ({ signal }) => get<RemoteInstance[]>("/serving/remotes", {}, signal), refetchInterval: 5_000 });

/** What an endpoint says of a picture: a file, or one that the server fetches. Throws ApiError. */
export const askPicture = async (endpoint: string, picture: Blob | string, signal?: AbortSignal): Promise<PictureAnswer> =>
  (await request("POST", `/v1/endpoints/${enc(endpoint)}/predict`, typeof picture === "string" ? { url: picture } : picture, signal)) as PictureAnswer;

/** What an endpoint says to a body of JSON, which is sent as it is. Throws ApiError. */
export const askJson = (endpoint: string, body: string): Promise<unknown> => request("POST", `/v1/endpoints/${enc(endpoint)}/predict`, body);

/** Tells what became of a prediction. Throws ApiError. */
export const sendFeedback = async (endpoint: string, predictionId: string, isRight: boolean): Promise<void> =>
  void (await request("POST", `/v1/endpoints/${enc(endpoint)}/feedback`, { prediction_id: predictionId, correct: isRight }));

import { get, useServerEvent, type ServerEvents } from "@tarn/console";
import { keepPreviousData, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { bounds, type Filters } from "./filters";
import { feedNow, type Feed, type QuakeAnswer, type QuakeVersion } from "./quake";

/** The server gives no more than this at once, the newest first. */
export const mostEvents = 20_000;

const silver = "silver.earthquakes";
/** A burst of commits is answered once; a steady stream of them, no more often than this. */
const debounceMs = 800;
const spacingMs = 4_000;

export interface Answered extends QuakeAnswer {
  /** The bounds in time that were asked for. */
  from: number;
  to: number;
}

interface Asked {
  filters: Filters;
  /** Magnitudes too, for an answer that would else be cut. */
  narrow: boolean;
  /** The feed's present. */
  now: number;
}

async function ask({ filters, narrow, now }: Asked, signal: AbortSignal): Promise<Answered> {
  const { from, to } = bounds(filters, now);
  const answer = await get<QuakeAnswer>(
    "/quakes/events",
    {
      from: new Date(from).toISOString(),
      to: filters.range === "custom" && filters.to !== null ? new Date(to).toISOString() : undefined,
      minMagnitude: narrow ? filters.min : undefined,
      maxMagnitude: narrow ? filters.max : undefined,
      type: narrow ? filters.type : undefined,
      includeDeleted: filters.deleted || undefined,
      asKnownAt: filters.at,
      limit: mostEvents,
    },
    signal,
  );
  // What happened since the feed was last heard of is shown too.
  const newest = filters.range === "custom" ? to : Math.max(to, ...answer.events.slice(0, 1).map((quake) => Date.parse(quake.time) + 1));
  return { ...answer, from, to: newest };
}

/** The events of the range, kept current by the commits of the silver table. Filters but time are the caller's, unless too many events match. */
export function useQuakes(filters: Filters): UseQueryResult<Answered> & { cut: boolean } {
  const feed = useFeed();
  const known = feed.data !== undefined || feed.error !== null;
  const now = (): number => feedNow(feed.data, Date.now());
  const time = [filters.range, filters.from, filters.to, filters.deleted, filters.at];
  const whole = useQuery({
    queryKey: ["quakes", "events", ...time],
    enabled: known,
    queryFn: ({ signal }) => ask({ filters, narrow: false, now: now() }, signal),
    placeholderData: keepPreviousData,
    // A range that ends now moves on, even where nothing is committed.
    refetchInterval: filters.at === null && filters.range !== "custom" ? 120_000 : false,
  });
  const cut = whole.data !== undefined && whole.data.total > whole.data.events.length;
  const narrowed = filters.min !== null || filters.max !== null || filters.type !== null;
  const part = useQuery({
    queryKey: ["quakes", "events", ...time, filters.min, filters.max, filters.type],
    enabled: cut && narrowed,
    queryFn: ({ signal }) => ask({ filters, narrow: true, now: now() }, signal),
    placeholderData: keepPreviousData,
  });
  const shown = cut && narrowed && part.data !== undefined ? part : whole;
  return { ...shown, cut: shown.data !== undefined && shown.data.total > shown.data.events.length } as UseQueryResult<Answered> & { cut: boolean };
}

export const useVersions = (id: string | null): UseQueryResult<QuakeVersion[]> =>
  useQuery({
    queryKey: ["quakes", "versions", id],
    enabled: id !== null,
    queryFn: ({ signal }) => get<QuakeVersion[]>(`/quakes/events/${encodeURIComponent(id ?? "")}/versions`, {}, signal),
  });

export const useFeed = (): UseQueryResult<Feed> =>
  useQuery({ queryKey: ["quakes", "feed"], queryFn: ({ signal }) => get<Feed>("/quakes/feed", {}, signal), refetchInterval: 20_000 });

/** Asks anew, once for a burst, when the silver table was committed to. A view of the past does not change. */
export function useLiveQuakes(past: boolean): void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const asked = useRef(0);
  const onCommit = useCallback(
    (commit: ServerEvents["commit"]) => {
      if (commit.table !== silver) return;
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        asked.current = Date.now();
        void queries.invalidateQueries({ queryKey: ["quakes", "feed"] });
        void queries.invalidateQueries({ queryKey: ["quakes", "versions"] });
        if (!past) void queries.invalidateQueries({ queryKey: ["quakes", "events"] });
      }, Math.max(debounceMs, asked.current + spacingMs - Date.now()));
    },
    [queries, past],
  );
  useServerEvent("commit", onCommit);
  useEffect(() => () => clearTimeout(timer.current), []);
}

import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useCallback } from "react";
import { ApiError, get, remove } from "../api/client";

export type Role = "none" | "viewer" | "operator" | "admin";

/** Who one is. */
export interface Session {
  authentication: "none" | "required";
  subject: string;
  name: string;
  role: Role;
  via: "anybody" | "local" | "key" | "session" | "token";
  endpoints: string[];
  verbs: string[];
  expiresAt?: string | null;
}

const key = ["session"] as const;

export const useSession = (): UseQueryResult<Session> =>
  useQuery({ queryKey: key, queryFn: ({ signal }) => get<Session>("/session", {}, signal), staleTime: 60_000, refetchOnWindowFocus: false });

/** What stands in the browser: nothing yet, the question for a key, or the console. */
export type Gate = "asking" | "login" | "console";

/** What is to stand there. While the server is asked again after an error, what stood stays: taken away, it would lose all that it holds. Pure. */
export function gateOf(session: Pick<UseQueryResult<Session>, "data" | "error" | "isPending" | "isFetched">, stood: Gate): Gate {
  if (session.isPending) return session.isFetched ? stood : "asking";
  return session.data === undefined && session.error instanceof ApiError && session.error.status === 401 ? "login" : "console";
}

/** Ends the session; what was seen in it is forgotten. */
export function useLogOut(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(async () => {
    await remove("/session");
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== key[0] });
    await queries.resetQueries({ queryKey: key });
  }, [queries]);
}

/** What a role may, in words. */
export const roleWords: Record<Role, string> = {
  none: "May only ask who it is.",
  viewer: "Reads.",
  operator: "Reads, runs pipelines, predicts, sends feedback, splits traffic.",
  admin: "May do everything: keys, promotions, deletions, the audit log.",
};

/** What a key is narrowed to, in words. Pure. */
export function scopeWords(endpoints: readonly string[], verbs: readonly string[]): string {
  const doing = verbs.length === 0 ? "" : verbs.join(", ");
  const at = endpoints.length === 0 ? "" : `at ${endpoints.join(", ")}`;
  return [doing, at].filter((part) => part !== "").join(" ") || "not narrowed";
}

import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import { gateOf, type Gate, type Session } from "./session";

/** Who one is, asked of a server that answers as the test says; what stood meanwhile, each once. */
function browser(answers: readonly (number | "known")[]): { ask: () => Promise<unknown>; logOut: () => Promise<void>; stood: Gate[] } {
  const queries = new QueryClient();
  const queryKey = ["session"];
  const left = [...answers];
  const observer = new QueryObserver<Session>(queries, {
    queryKey,
    retry: false,
    queryFn: () => {
      const answer = left.shift();
      return answer === "known" ? Promise.resolve({ name: "one" } as Session) : Promise.reject(new ApiError({ status: answer ?? 0, title: "no" }));
    },
    enabled: false,
  });
  const stood: Gate[] = ["asking"];
  const look = (): void => {
    const before = stood.at(-1) ?? "asking";
    const now = gateOf(observer.getCurrentResult(), before);
    if (now !== before) stood.push(now);
  };
  observer.subscribe(look);
  return {
    ask: async () => {
      const asked = observer.refetch();
      look();
      await asked;
      look();
    },
    logOut: async () => {
      await queries.resetQueries({ queryKey });
      look();
    },
    stood,
  };
}

describe("the gate", () => {
  it("keeps the console, with all that is in it, while a server that failed is asked again", async () => {
    const { ask, stood } = browser([0, 500, 0, "known", 500]);
    for (let i = 0; i < 5; i++) await ask();
    expect(stood).toEqual(["asking", "console"]);
  });

  it("keeps the question for a key while it is asked again, and opens to who is known", async () => {
    const { ask, stood } = browser([401, 401, "known"]);
    for (let i = 0; i < 3; i++) await ask();
    expect(stood).toEqual(["asking", "login", "console"]);
  });

  it("asks anew after a session was ended", async () => {
    const { ask, logOut, stood } = browser(["known", 401]);
    await ask();
    await logOut();
    await ask();
    expect(stood).toEqual(["asking", "console", "asking", "login"]);
  });
});

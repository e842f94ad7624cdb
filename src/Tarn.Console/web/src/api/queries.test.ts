import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answered, createQueries } from "./queries";

/** A question that is answered when told. */
function question(): { ask: () => Promise<string>; answer: (text: string) => void; fail: () => void } {
  let answer: (text: string) => void = () => undefined;
  let fail: () => void = () => undefined;
  const asked = new Promise<string>((resolve, reject) => {
    answer = resolve;
    fail = () => reject(new Error("refused"));
  });
  return { ask: () => asked, answer, fail };
}

describe("answered", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const follow = (queries: ReturnType<typeof createQueries>): (() => Promise<boolean>) => {
    let is = false;
    void answered(queries, 10_000).then(() => (is = true));
    return async () => {
      await vi.advanceTimersByTimeAsync(1);
      return is;
    };
  };

  it("is so at once where nothing was asked", async () => {
    expect(await follow(createQueries())()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for every answer, and takes an error for one", async () => {
    const queries = createQueries();
    const [one, other] = [question(), question()];
    void queries.prefetchQuery({ queryKey: ["one"], queryFn: one.ask });
    void queries.prefetchQuery({ queryKey: ["other"], queryFn: other.ask });
    const is = follow(queries);
    expect(await is()).toBe(false);
    one.answer("here");
    expect(await is()).toBe(false);
    other.fail();
    expect(await is()).toBe(true);
  });

  it("waits no longer than it may", async () => {
    const queries = createQueries();
    void queries.prefetchQuery({ queryKey: ["never"], queryFn: question().ask });
    const is = follow(queries);
    await vi.advanceTimersByTimeAsync(9_990);
    expect(await is()).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(await is()).toBe(true);
  });
});

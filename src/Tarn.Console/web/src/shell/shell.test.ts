import { describe, expect, it } from "vitest";
import { withSimulation } from "./simulation";
import type { Status } from "../api/types";

const status = (feed: string, notices: Status["notices"] = []) => ({ notices, systems: [{ name: "quakes", title: "Quakes", state: "ok" as const, details: { feed } }] });

describe("withSimulation", () => {
  it("says that data is simulated where the server did not", () => {
    expect(withSimulation(status("simulated")).map((notice) => [notice.level, notice.text])).toEqual([["warning", "Quakes shows simulated events, not real ones."]]);
  });

  it("does not say it twice, nor of a live feed", () => {
    const told = [{ level: "warning" as const, text: "The USGS does not answer: events are SIMULATED." }];
    expect(withSimulation(status("simulated", told))).toEqual(told);
    expect(withSimulation(status("live"))).toEqual([]);
    expect(withSimulation(undefined)).toEqual([]);
  });
});

import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { Meaning } from "../api/servingTypes";
import { meaningNotice, meansText } from "./meaning";
import { MeaningNotes } from "./MeaningNotes";

const champion = (state: Meaning["state"], more: Partial<Meaning> = {}): Meaning => ({ name: "champion", target: { alias: "champion" }, version: state === "none" ? null : 3, isLoaded: state === "loaded", state, ...more });

describe("what a variant means", () => {
  it("is a version, a cluster, or nothing", () => {
    expect([champion("loaded"), champion("loading"), champion("none"), { target: { remote: "west" }, version: null }].map((one) => meansText(one))).toEqual(["version 3", "version 3, being loaded", "champion means nothing yet", "cluster west"]);
  });

  it("is said only where a person should know", () => {
    expect(meaningNotice(champion("loaded"))).toBeNull();
    expect(meaningNotice(champion("loading"))).toEqual({ tone: "busy", text: "champion: version 3 is being loaded and answers in a moment." });
    expect(meaningNotice(champion("failed", { problem: "It is no ONNX." }))).toEqual({ tone: "warn", text: "champion: version 3 could not be loaded. It is no ONNX." });
    expect(meaningNotice(champion("none"))?.text).toBe("champion means no version: its requests are refused until champion is given to one.");
    expect(meaningNotice({ name: "far", target: { remote: "west" }, isLoaded: false, state: "unreachable", problem: "http://a: it does not answer" })?.text).toBe("far: no instance of the cluster west can be asked. http://a: it does not answer");
  });

  it("has the version that is to take over, and who answers until then", () => {
    expect(meaningNotice(champion("loaded", { next: { version: 4, state: "loading" } }))).toEqual({ tone: "busy", text: "champion was given to version 4, which is being loaded; version 3 answers until then." });
    expect(meaningNotice(champion("loaded", { next: { version: 4, state: "failed", problem: "It is no ONNX." } }))).toEqual({ tone: "warn", text: "champion was given to version 4, which could not be loaded; version 3 goes on answering. It is no ONNX." });
  });
});

describe("the notes of an endpoint", () => {
  const shown = (...of: Meaning[]): string => renderToStaticMarkup(createElement(MeaningNotes, { of }));

  it("tell a model on its way from none", () => {
    expect(shown(champion("loading"))).toContain("is being loaded");
    expect(shown(champion("none"))).toContain("means no version");
    expect(shown(champion("loading"))).not.toContain("no version");
  });

  it("are none where everything answers", () => expect(shown(champion("loaded"))).toBe(""));
});

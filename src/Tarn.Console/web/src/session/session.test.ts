import { describe, expect, it } from "vitest";
import { draftFaults, keyBody, newDraft } from "./keyForm";
import { scopeWords } from "./session";

describe("a key that is to be made", () => {
  it("leaves out what is not said", () => {
    expect(keyBody({ ...newDraft(), name: " ci ", expiresIn: "" })).toEqual({ name: "ci", role: "viewer" });
    expect(keyBody({ ...newDraft(), name: "app", role: "operator", endpoint: "pizza", verbs: "predict,feedback", rate: 5, perDay: 1000 })).toEqual({
      name: "app",
      role: "operator",
      endpoints: ["pizza"],
      verbs: ["predict", "feedback"],
      ratePerSecond: 5,
      requestsPerDay: 1000,
      expiresIn: "90d",
    });
  });

  it("names what is wrong", () => {
    expect([...draftFaults({ ...newDraft(), name: "my key", rate: 0, perDay: 1.5 }).keys()]).toEqual(["name", "rate", "perDay"]);
    expect(draftFaults(newDraft()).size).toBe(0);
  });
});

describe("scopes", () => {
  it("are said in words", () => {
    expect([scopeWords([], []), scopeWords(["pizza"], ["predict"]), scopeWords(["a", "b"], [])]).toEqual(["not narrowed", "predict at pizza", "at a, b"]);
  });
});

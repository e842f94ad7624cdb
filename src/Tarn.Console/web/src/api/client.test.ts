import { describe, expect, it } from "vitest";
import { problemOf, withQuery } from "./client";

describe("problemOf", () => {
  it("reads problem details with value, rule and remedy", () => {
    const body = JSON.stringify({ title: "Offset out of range", detail: "Offset 3 is no longer kept.", value: 3, rule: "12 ≤ offset", remedy: "Seek by time." });
    const error = problemOf(400, "Bad Request", "application/problem+json", body);
    expect([error.status, error.title, error.message, error.value, error.rule, error.remedy]).toEqual([400, "Offset out of range", "Offset 3 is no longer kept.", "3", "12 ≤ offset", "Seek by time."]);
  });

  it("gives the status and the text of what is no JSON", () => {
    const error = problemOf(502, "Bad Gateway", "text/html", "<h1>no</h1>");
    expect([error.title, error.message]).toEqual(["HTTP 502 Bad Gateway", "<h1>no</h1>"]);
  });

  it("reads what the serving protocols say", () => {
    expect(problemOf(400, "Bad Request", "application/json", JSON.stringify({ error: "There is no variant x." }))).toMatchObject({ title: "The server refused this", message: "There is no variant x." });
    expect(problemOf(503, "", "application/json", JSON.stringify({ error: "The queue is full." })).title).toBe("The server could not answer");
  });

  it("survives JSON that is none, and an empty body", () => {
    expect(problemOf(500, "", "application/json", "{oops").message).toBe("{oops");
    expect(problemOf(500, "", "text/plain", "").message).toBe("HTTP 500");
  });
});

describe("withQuery", () => {
  it("leaves out what is not given and escapes the rest", () => {
    expect(withQuery("/rows", { limit: 5, asOf: "", orderBy: undefined, by: "a&b", desc: false, x: null })).toBe("/rows?limit=5&by=a%26b&desc=false");
    expect(withQuery("/rows")).toBe("/rows");
  });
});

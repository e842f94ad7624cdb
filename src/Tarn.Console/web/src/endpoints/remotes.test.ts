import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Router } from "wouter";
import type { Endpoint, RemoteInstance } from "../api/servingTypes";
import { Clusters, NoRemotes } from "./RemotesPage";
import { askedWords, clustersOf, instanceState, usersOf } from "./remotes";

const instance = (name: string, url: string, more: Partial<RemoteInstance> = {}): RemoteInstance => ({ name, url, isHealthy: true, ejectedUntil: null, inFlight: 0, requests: 0, failures: 0, p50Ms: null, problem: null, retriesLeft: 10, ...more });
const until = "2126-01-01T12:00:00Z";

describe("clusters", () => {
  it("have their instances, and their sums", () => {
    const [gpu, west] = clustersOf([
      instance("gpu", "http://a:1", { inFlight: 2, requests: 30, failures: 3, retriesLeft: 7 }),
      instance("west", "http://c:1"),
      instance("gpu", "http://b:1", { inFlight: 1, requests: 10, failures: 7, ejectedUntil: until, retriesLeft: 7 }),
    ]);
    expect([gpu!.name, gpu!.instances.map((one) => one.url), gpu!.answering, gpu!.inFlight, gpu!.requests, gpu!.failureShare, gpu!.retriesLeft]).toEqual(["gpu", ["http://a:1", "http://b:1"], 1, 3, 40, 0.25, 7]);
    expect([west!.failureShare, west!.answering]).toEqual([null, 1]);
  });

  it("say how many of their instances are asked", () => {
    const words = (answering: number, all: number): string => askedWords({ answering, instances: Array.from({ length: all }, () => instance("x", "u")) });
    expect([words(1, 1), words(0, 1), words(2, 2), words(1, 2), words(2, 3), words(0, 3)]).toEqual([
      "its instance is asked", "its instance cannot be asked", "all 2 instances are asked", "1 of 2 instances is asked", "2 of 3 instances are asked", "none of 3 instances can be asked",
    ]);
  });

  it("tell one that is not healthy from one that is left out", () => {
    expect([{}, { ejectedUntil: until }, { isHealthy: false }, { isHealthy: false, ejectedUntil: until }].map((more) => instanceState(instance("x", "u", more)))).toEqual(["healthy", "left_out", "unhealthy", "unhealthy"]);
  });

  it("name the endpoints that use them, those too that send nothing at the moment", () => {
    const endpoint = (name: string, variants: [remote: string | null, share: number][]) => ({ name, variants: variants.map(([remote, share]) => ({ target: remote === null ? { version: 1 } : { remote }, share })) }) as Endpoint;
    expect(usersOf("gpu", [endpoint("pizza", [["gpu", 0.2], [null, 0.8]]), endpoint("half", [[null, 1]]), endpoint("idle", [["gpu", 0], [null, 1]]), endpoint("other", [["west", 1]])])).toEqual([
      { name: "pizza", share: "20 %" }, { name: "idle", share: "0 %" },
    ]);
  });
});

describe("the page", () => {
  const shown = (of: Parameters<typeof Clusters>[0]): string => renderToStaticMarkup(createElement(Router, { ssrPath: "/remotes", children: createElement(Clusters, of) }));

  it("shows each instance with its health, and why it is not asked", () => {
    const html = shown({ instances: [instance("gpu", "http://a:1", { requests: 1200, failures: 3, inFlight: 4, p50Ms: 12.34 }), instance("gpu", "http://b:1", { ejectedUntil: until, problem: "5 calls one after the other were not answered" }), instance("gpu", "http://c:1", { isHealthy: false, problem: "/v2/health/ready answers 503" })] });
    for (const text of ["http://a:1", "1,200", "12.3 ms", "left out", "5 calls one after the other were not answered", `dateTime="2126-01-01T12:00:00.000Z"`, "not healthy", "/v2/health/ready answers 503", "1 of 3 instances is asked", "May be sent again"]) expect(html).toContain(text);
  });

  it("links to the endpoints that use a cluster", () => {
    const endpoints = [{ name: "pizza", variants: [{ target: { remote: "gpu" }, share: 1 }] }] as Endpoint[];
    expect(shown({ instances: [instance("gpu", "http://a:1")], endpoints })).toContain('href="/endpoints/pizza"');
    expect(shown({ instances: [instance("gpu", "http://a:1")], endpoints: [] })).toContain("no endpoint");
  });

  it("says how to configure one where there is none", () => {
    expect(renderToStaticMarkup(createElement(NoRemotes))).toContain("Serving:Remotes:gpu:Urls=http://a:8080");
  });
});

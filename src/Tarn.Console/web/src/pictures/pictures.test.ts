import { describe, expect, it } from "vitest";
import { labelWords, nameOf, pictureFiles, scoresOf, scoreText, timingsOf, urlIn } from "./pictures";

describe("answers", () => {
  it("have their best score first", () => {
    expect(scoresOf({ scores: { not_pizza: 0.2, pizza: 0.7, tart: 0.1 } }).map(([label]) => label)).toEqual(["pizza", "not_pizza", "tart"]);
  });

  it("are never called certain where they are not", () => {
    expect([1, 0.99951, 0.973, 0.0004, 0].map(scoreText)).toEqual(["100.0 %", "over 99.9 %", "97.3 %", "under 0.1 %", "0.0 %"]);
    expect(labelWords("not_pizza")).toBe("not pizza");
  });

  it("say what took the time, and leave out a fetch that was none", () => {
    const timings = { fetch_ms: 0, decode_ms: 4, queue_ms: 1, compute_ms: 20 };
    expect(timingsOf({ timings, total_ms: 26 })).toEqual([["decode", 4], ["wait", 1], ["compute", 20], ["in all", 26]]);
    expect(timingsOf({ timings: { ...timings, fetch_ms: 80 }, total_ms: 106 })[0]).toEqual(["fetch", 80]);
  });
});

describe("sources", () => {
  it("are addresses only where the whole text is one", () => {
    expect(urlIn(" https://example.org/a.jpg ")).toBe("https://example.org/a.jpg");
    expect(["", "pizza", "see https://example.org", "file:///etc/passwd", "javascript:alert(1)", "https://"].map(urlIn)).toEqual([null, null, null, null, null, null]);
  });

  it("have names", () => {
    expect(nameOf("https://example.org/photos/my%20pizza.jpg?size=2")).toBe("my pizza.jpg");
    expect(nameOf("https://example.org/")).toBe("example.org");
    expect(nameOf(new File([], "a.png"))).toBe("a.png");
    expect(nameOf(new Blob([]))).toBe("picture");
  });

  it("are pictures, or files of which the browser does not know the type", () => {
    expect(pictureFiles([new File([], "a.png", { type: "image/png" }), new File([], "b.pdf", { type: "application/pdf" }), new File([], "c.heic")]).map((file) => file.name)).toEqual(["a.png", "c.heic"]);
  });
});

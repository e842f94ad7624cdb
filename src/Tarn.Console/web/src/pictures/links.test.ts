import { MantineProvider } from "@mantine/core";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { askPicture } from "../api/serving";
import { ErrorNote } from "../ui/Answer";
import { PictureInput } from "./PictureInput";
import { PictureFrame } from "./PictureParts";

const answered = (status: number, body: unknown): ReturnType<typeof vi.fn> => {
  const asked = vi.fn(async () => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } }));
  vi.stubGlobal("fetch", asked);
  return asked;
};

afterEach(() => vi.unstubAllGlobals());

describe("a picture by its link", () => {
  it("has a field beside the ways to give a file", () => {
    const html = renderToStaticMarkup(createElement(MantineProvider, null, createElement(PictureInput, { onPictures: () => undefined })));
    expect(html).toContain("Or a link to a picture");
    expect(html).toContain('type="url"');
    expect(html).toContain("Choose pictures");
  });

  it("is sent as its link, which the server fetches", async () => {
    const asked = answered(200, { label: "pizza" });
    expect(await askPicture("my pizza", "https://example.org/a.jpg")).toEqual({ label: "pizza" });
    const [path, request] = asked.mock.calls[0] as unknown as [string, RequestInit];
    expect([path, request.method, request.body]).toEqual(["/v1/endpoints/my%20pizza/predict", "POST", '{"url":"https://example.org/a.jpg"}']);
  });

  it.each([
    [400, "A URL names a host that is found, at public addresses only. (value: http://10.0.0.1/a.png) Give another URL, or send the content's bytes in the request."],
    [400, "Fetched content has at most 20 MiB. (value: 21 MiB) Give another URL."],
    [400, "A picture is a JPEG, PNG or WebP. (value: text/html) Send one."],
  ])("that is refused shows what the server says", async (status, sentence) => {
    answered(status, { error: sentence });
    const error: unknown = await askPicture("pizza", "http://10.0.0.1/a.png").then(
      () => null,
      (refused: unknown) => refused,
    );
    const html = renderToStaticMarkup(createElement(MantineProvider, null, createElement(ErrorNote, { error })));
    expect(html).toContain("The server refused this");
    expect(html).toContain(sentence.replace(/'/g, "&#x27;"));
  });

  it("is shown as a link, and the browser does not fetch it", () => {
    const html = renderToStaticMarkup(createElement(PictureFrame, { of: { name: "a.jpg", preview: null, source: "https://example.org/a.jpg" } }));
    expect(html).toContain('href="https://example.org/a.jpg"');
    expect(html).toContain("Fetched by the server");
    expect(html).not.toContain("<img");
  });
});

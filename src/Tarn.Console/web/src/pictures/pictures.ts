import type { PictureAnswer } from "../api/servingTypes";

/** What decoders of the server read; another format is turned into a JPEG where the browser can read it. */
const readable = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);

/** Photographs over this are made smaller before they are sent: no model looks at so many pixels. */
const mostBytes = 12e6;
const longestSide = 4096;

/** A picture that is asked about: a file, or the address of one. */
export type PictureSource = Blob | string;

/** The scores, the best first. */
export const scoresOf = (answer: Pick<PictureAnswer, "scores">): [label: string, score: number][] => Object.entries(answer.scores).sort(([, a], [, b]) => b - a);

/** A score for people, without saying more than is known: "97.3 %", "over 99.9 %", "under 0.1 %". */
export function scoreText(score: number): string {
  const percent = score * 100;
  if (percent > 99.9 && score < 1) return "over 99.9 %";
  if (percent < 0.1 && score > 0) return "under 0.1 %";
  return `${percent.toFixed(1)} %`;
}

/** A label as words: "not_pizza" → "not pizza". */
export const labelWords = (label: string): string => label.replace(/[_-]+/g, " ");

/** What took the time, in the order in which it happened; what was not done is left out. */
export function timingsOf(answer: Pick<PictureAnswer, "timings" | "total_ms">): [name: string, ms: number][] {
  const { fetch_ms, decode_ms, queue_ms, compute_ms } = answer.timings;
  return [...(fetch_ms > 0 ? [["fetch", fetch_ms] as [string, number]] : []), ["decode", decode_ms], ["wait", queue_ms], ["compute", compute_ms], ["in all", answer.total_ms]];
}

/** The address in a text, where it is one of http or https and nothing else; else null. */
export function urlIn(text: string): string | null {
  const trimmed = text.trim();
  if (!/^https?:\/\/\S+$/i.test(trimmed)) return null;
  try {
    return new URL(trimmed).href;
  } catch {
    return null;
  }
}

/** What a picture is called: the file's name, or the last part of its address. */
export function nameOf(source: PictureSource): string {
  if (typeof source !== "string") return source instanceof File && source.name !== "" ? source.name : "picture";
  const url = new URL(source);
  return decodeURIComponent(url.pathname.split("/").filter((part) => part !== "").at(-1) ?? "") || url.host;
}

/** Files that can be pictures; others are dropped by mistake. */
export const pictureFiles = (files: Iterable<File>): File[] => [...files].filter((file) => file.type.startsWith("image/") || file.type === "");

/** The file as it is sent: itself, or, where the server could not read it or it is very large, a JPEG of it. */
export async function prepared(file: Blob): Promise<Blob> {
  if (file.size <= mostBytes && (readable.has(file.type) || file.type === "")) return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    // The browser cannot read it either: the server says what it is.
    return file;
  }
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return await new Promise<Blob>((done) => canvas.toBlob((made) => done(made ?? file), "image/jpeg", 0.92));
}

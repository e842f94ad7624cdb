/** What a request that failed has to say: the members of RFC 9457's problem details, with Tarn's own three. */
export class ApiError extends Error {
  readonly status: number;
  readonly title: string;
  readonly value?: string;
  readonly rule?: string;
  readonly remedy?: string;

  constructor(problem: { status: number; title: string; detail?: string; value?: string; rule?: string; remedy?: string }) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.status = problem.status;
    this.title = problem.title;
    this.value = problem.value;
    this.rule = problem.rule;
    this.remedy = problem.remedy;
  }

  /** True where no answer came at all: the server is not there, or the network is. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

const text = (value: unknown): string | undefined =>
  value === null || value === undefined || value === "" ? undefined : typeof value === "string" ? value : JSON.stringify(value);

/** Reads a response's body as problem details where it is that, and names the status where it is not. */
export function problemOf(status: number, statusText: string, contentType: string, body: string): ApiError {
  if (contentType.includes("json")) {
    try {
      const problem = JSON.parse(body) as Record<string, unknown>;
      return new ApiError({
        status,
        title: text(problem["title"]) ?? (problem["error"] === undefined ? `HTTP ${status}` : status >= 500 ? "The server could not answer" : "The server refused this"),
        // The serving protocols say {"error": "…"}.
        detail: text(problem["detail"]) ?? text(problem["error"]),
        value: text(problem["value"]),
        rule: text(problem["rule"]),
        remedy: text(problem["remedy"]),
      });
    } catch {
      return new ApiError({ status, title: `HTTP ${status} ${statusText}`.trim(), detail: body.slice(0, 400) });
    }
  }
  return new ApiError({ status, title: `HTTP ${status} ${statusText}`.trim(), detail: body.trim().slice(0, 400) || undefined });
}

export type Parameters = Record<string, string | number | boolean | null | undefined>;

/** A path with its query; null, undefined and "" are left out. */
export function withQuery(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const rendered = query.toString();
  return rendered === "" ? path : `${path}?${rendered}`;
}

const unknown = new Set<() => void>();

/** Calls the handler whenever the server answers that it does not know who asks. */
export function onUnknown(handler: () => void): () => void {
  unknown.add(handler);
  return () => void unknown.delete(handler);
}

/** A body as it is sent: a file as its own bytes, a form as one, anything else as JSON. */
const bodyOf = (body: unknown): { headers: Record<string, string>; body?: BodyInit } =>
  body === undefined ? { headers: {} }
  : body instanceof FormData ? { headers: {}, body }
  : body instanceof Blob ? { headers: { "Content-Type": body.type === "" ? "application/octet-stream" : body.type }, body }
  : { headers: { "Content-Type": "application/json" }, body: typeof body === "string" ? body : JSON.stringify(body) };

/** A request to a path of the server. Throws {@link ApiError}. */
export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const sent = bodyOf(body);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: { Accept: "application/json", ...sent.headers },
      body: sent.body,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError({ status: 0, title: "The server does not answer", detail: "No answer came. It may be stopped or starting; the console asks again by itself." });
  }
  const answered = await response.text();
  if (response.status === 401 && !path.startsWith("/api/v1/session")) for (const handler of unknown) handler();
  if (!response.ok) throw problemOf(response.status, response.statusText, response.headers.get("content-type") ?? "", answered);
  return answered === "" ? undefined : (JSON.parse(answered) as unknown);
}

/** GET under /api/v1, as JSON. Throws {@link ApiError}. */
export const get = async <T>(path: string, parameters?: Parameters, signal?: AbortSignal): Promise<T> =>
  (await request("GET", `/api/v1${withQuery(path, parameters)}`, undefined, signal)) as T;

/** POST under /api/v1, as JSON. Throws {@link ApiError}. */
export const post = async <T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> =>
  (await request("POST", `/api/v1${path}`, body, signal)) as T;

/** PUT under /api/v1, as JSON. Throws {@link ApiError}. */
export const put = async <T>(path: string, body: unknown): Promise<T> => (await request("PUT", `/api/v1${path}`, body)) as T;

/** DELETE under /api/v1. Throws {@link ApiError}. */
export const remove = async <T>(path: string, parameters?: Parameters): Promise<T> => (await request("DELETE", `/api/v1${withQuery(path, parameters)}`)) as T;

import type { Pipeline } from "../api/types";

/** Why there is no next run, or that there is one. */
export function nextRunText(pipeline: Pick<Pipeline, "paused" | "schedule" | "nextRun">): string {
  if (pipeline.paused) return "paused";
  if (!pipeline.schedule) return "on demand only";
  return pipeline.nextRun ? "scheduled" : "none";
}

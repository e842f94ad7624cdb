import type { Notice, Status } from "../api/types";

/** The notices, and one more for each system whose feed is not the real one, where the server's do not say so already. Pure. */
export function withSimulation(status: Pick<Status, "notices" | "systems"> | undefined): Notice[] {
  if (status === undefined) return [];
  const said = (word: string): boolean => status.notices.some((notice) => notice.text.toLowerCase().includes(word));
  const more = status.systems.flatMap<Notice>((system) => {
    const feed = system.details?.["feed"];
    if (feed === "simulated" && !said("simulat")) return [{ level: "warning", text: `${system.title} shows simulated events, not real ones.` }];
    if (feed === "replay" && !said("replay") && !said("record")) return [{ level: "warning", text: `${system.title} replays recorded data: its times are those of the recording.` }];
    return [];
  });
  return [...status.notices, ...more];
}

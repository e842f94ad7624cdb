/** What a system's page may use of the console: imported as "@tarn/console". */
export { ApiError, get, post, withQuery } from "./api/client";
export { useServerEvent } from "./api/stream";
export { useStatus } from "./api/queries";
export type { ServerEvents, Status, SystemStatus } from "./api/types";
export * from "./format/numbers";
export * from "./format/time";
export { Answer, Empty, ErrorNote, Loading } from "./ui/Answer";
export { ariaSort, nextSort, SortHead, type Sort } from "./ui/DataTable";
export { Facts, PageHead, Panel } from "./ui/Panel";
export { StateLabel, StateMark } from "./ui/State";
export { Ago, At } from "./ui/Time";
export { useNow } from "./ui/clock";
export { useZone } from "./ui/settings";
export { useTitle } from "./ui/title";
export { patched, useUrlState, type Patch } from "./ui/urlState";

/** The words in a name: "lastSuccessAt" → "last success at". Pure. */
export const words = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/_/g, " ").toLowerCase();

/** The same for one of Delta's counts: "numTargetRowsInserted" → "target rows inserted". Pure. */
export const metricWords = (name: string): string => words(name.replace(/^num(?=[A-Z])/, ""));

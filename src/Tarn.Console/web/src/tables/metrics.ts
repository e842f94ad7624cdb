/** "numTargetRowsInserted" → "target rows inserted". Pure. */
export const metricWords = (name: string): string =>
  name.replace(/^num(?=[A-Z])/, "").replace(/([a-z])([A-Z])/g, "$1 $2").replace(/_/g, " ").toLowerCase();

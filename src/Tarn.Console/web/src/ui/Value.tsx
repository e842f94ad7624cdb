import type { ReactNode } from "react";
import { At } from "./Time";

const numeric = /^(u?(tiny|small|big|huge)?int(eger|\d+)?|long|short|byte|float|double|real|number|decimal.*|numeric.*)$/i;
const temporal = /^(timestamp.*|datetime.*)$/i;

/** Whether a column of this type stands at the right. */
export const isNumeric = (type: string): boolean => numeric.test(type);

/** Any value of a result, shown by what it is. Nothing is rounded. */
export function Value({ value, type = "" }: { value: unknown; type?: string }): ReactNode {
  if (value === null || value === undefined) return <span style={{ color: "var(--faint)" }}>null</span>;
  if (temporal.test(type) && typeof value === "string") return <At at={value} milliseconds />;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "object") return <span className="mono">{JSON.stringify(value)}</span>;
  const text = String(value);
  if (/^https?:\/\/\S+$/.test(text)) {
    return (
      <a href={text} rel="noreferrer noopener" target="_blank">
        {text.replace(/^https?:\/\//, "").slice(0, 60)}
      </a>
    );
  }
  if (text.length > 120) return <span title={text.slice(0, 2_000)}>{text.slice(0, 120)}…</span>;
  return text;
}

import { Select, Switch, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { ParameterField } from "./parameterForm";

const hints: Partial<Record<ParameterField["kind"], string>> = { whole: "a whole number", number: "a number", json: "JSON", time: "2026-11-22T08:00:00Z" };

/** What a parameter of a pipeline is asked for with, by its schema. */
export function ParameterInput({ field, value, error, onChange }: { field: ParameterField; value: string; error: string | undefined; onChange: (text: string) => void }): ReactNode {
  const common = { label: field.name, description: field.description ?? undefined, error };
  switch (field.kind) {
    case "flag":
      return <Switch {...common} checked={value === "true"} onChange={(event) => onChange(event.currentTarget.checked ? "true" : "false")} />;
    case "choice":
      return <Select {...common} withAsterisk={field.required} data={field.choices} value={value === "" ? null : value} allowDeselect={!field.required && field.nullable} onChange={(chosen) => onChange(chosen ?? "")} />;
    default:
      return (
        <TextInput
          {...common}
          withAsterisk={field.required}
          type={field.kind === "date" ? "date" : "text"}
          inputMode={field.kind === "whole" ? "numeric" : field.kind === "number" ? "decimal" : undefined}
          placeholder={hints[field.kind]}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

import { useModel } from "../api/queries";
import { useServedModels } from "../api/serving";
import type { RegisteredModelDetail, ServedModel } from "../api/types";

export interface TargetOption {
  value: string;
  label: string;
  /** The version that it means now. */
  version?: number;
}

/** The option for a new row: a version that no row means yet where there is one. Pure. */
export const unusedOption = (options: readonly TargetOption[], used: readonly string[]): TargetOption | undefined => {
  const meant = new Set(options.filter((option) => used.includes(option.value)).map((option) => option.version));
  return options.find((option) => !meant.has(option.version)) ?? options.find((option) => !used.includes(option.value));
};

/** What a variant of a model's endpoint can mean: its aliases, then its versions, the newest first. Pure. */
export function targetOptions(registered: RegisteredModelDetail | undefined, served: ServedModel | undefined): TargetOption[] {
  const aliases = new Map([...Object.entries(served?.aliases ?? {}), ...Object.entries(registered?.model.aliases ?? {})]);
  const of = new Map<number, string[]>();
  for (const [alias, version] of aliases) of.set(version, [...(of.get(version) ?? []), alias]);
  const versions = [...new Set([...(served?.versions ?? []).map((one) => one.version), ...(registered?.versions ?? []).map((one) => one.version)])].sort((a, b) => b - a);
  return [
    ...[...aliases].sort(([a], [b]) => Number(b === "champion") - Number(a === "champion") || a.localeCompare(b)).map(([alias, version]) => ({ value: alias, label: `${alias}, now version ${version}`, version })),
    ...versions.map((version) => ({ value: String(version), label: `version ${version}${of.has(version) ? `, ${of.get(version)?.join(", ")}` : ""}`, version })),
  ];
}

export function useTargetOptions(model: string): TargetOption[] {
  const registered = useModel(model);
  const served = useServedModels();
  return targetOptions(registered.data, served.data?.find((one) => one.name === model));
}

/** The options with the chosen one among them, also where it is gone meanwhile. Pure. */
export const withChosen = (options: readonly TargetOption[], chosen: string): TargetOption[] =>
  chosen === "" || options.some((option) => option.value === chosen) ? [...options] : [...options, { value: chosen, label: /^\d+$/.test(chosen) ? `version ${chosen}` : chosen }];

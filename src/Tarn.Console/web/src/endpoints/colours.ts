import { useComputedColorScheme } from "@mantine/core";
import { useCallback } from "react";
import { lineColours } from "../experiments/compare";

/** A colour for each variant and shadow of an endpoint, by its place; the same in every part of a page. */
export function useVariantColours(): (place: number) => string {
  const dark = useComputedColorScheme("light") === "dark";
  return useCallback(
    (place: number) => {
      const colours = lineColours(dark);
      return colours[place % colours.length] ?? "currentColor";
    },
    [dark],
  );
}

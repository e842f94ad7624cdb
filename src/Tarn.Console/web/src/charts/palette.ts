import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";

const names = ["page", "panel", "sunk", "raised", "line", "line-soft", "ink", "muted", "faint", "accent", "accent-soft", "good", "warn", "bad", "focus", "past"] as const;

/** The colours of tokens.css, for what is drawn on a canvas and cannot read them. */
export type Palette = Record<(typeof names)[number], string> & { dark: boolean };

export function usePalette(): Palette {
  const scheme = useComputedColorScheme("light");
  return useMemo(() => {
    // The attribute may be set after this render: the tokens are read from a probe that carries it.
    const probe = document.createElement("div");
    probe.setAttribute("data-mantine-color-scheme", scheme);
    document.body.append(probe);
    const style = getComputedStyle(probe);
    const read = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Record<(typeof names)[number], string>;
    probe.remove();
    return { ...read, dark: scheme === "dark" };
  }, [scheme]);
}

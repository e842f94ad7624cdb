import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const tarn: MantineColorsTuple = ["#e4f2f1", "#cde5e3", "#9fd0cc", "#6dbab4", "#45a69f", "#279089", "#127a77", "#0c6469", "#0a5055", "#073c40"];

// What Mantine takes for the dark theme's grounds and lines, from the lightest text to the deepest ground.
const dark: MantineColorsTuple = ["#dde8e7", "#b9cbca", "#9bb0b1", "#74898b", "#33494e", "#26393d", "#17272b", "#111d20", "#0d181a", "#0b1416"];

/** Mantine's components in the console's own colours: tokens.css holds the values, this maps Mantine's variables onto them. */
export const theme = createTheme({
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  headings: { fontFamily: "var(--sans)" },
  primaryColor: "tarn",
  primaryShade: { light: 7, dark: 3 },
  colors: { tarn, dark },
  autoContrast: true,
  defaultRadius: "sm",
  focusRing: "auto",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "xs", variant: "filled" } },
    TextInput: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", size: "md" } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true, events: { hover: true, focus: true, touch: true } } },
  },
});

export const variables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--page)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--muted)",
    "--mantine-color-placeholder": "var(--faint)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-default": "var(--raised)",
    "--mantine-color-default-hover": "var(--row-hover)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-error": "var(--bad)",
  };
  return { variables: { "--mantine-font-size-xs": "13px" }, light: shared, dark: shared };
};

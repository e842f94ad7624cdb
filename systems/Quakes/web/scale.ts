// Lightness runs one way along each ramp, away from the ground it lies on, so that order shows without hue;
// hue runs from violet over red to yellow (dark) or from straw over red to violet (light), which the common colour blindnesses keep apart.
const light = ["#d9b65c", "#e2943f", "#dd6b3e", "#c8424f", "#9c2766", "#661a63", "#2e0f47"] as const;
const dark = ["#6a58a8", "#8f57b3", "#bb58a5", "#de6484", "#f3805f", "#fbab4f", "#fcec8c"] as const;

/** The magnitudes at the ends of the ramp; what lies beyond has the colour of the end. */
export const rampFrom = 0;
export const rampTo = 7.5;

const parse = (hex: string): readonly [number, number, number] => [parseInt(hex.slice(1, 3), 16), parseInt(hex.slice(3, 5), 16), parseInt(hex.slice(5, 7), 16)];

/** The colour of a magnitude, as #rrggbb. Grey where there is none. Pure. */
export function colorOf(mag: number | null, isDark: boolean): string {
  if (mag === null) return isDark ? "#7d8f91" : "#8b9a9b";
  const ramp = isDark ? dark : light;
  const at = (Math.min(rampTo, Math.max(rampFrom, mag)) - rampFrom) / (rampTo - rampFrom) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(at));
  const [a, b] = [parse(ramp[low]!), parse(ramp[low + 1]!)];
  const mix = (index: 0 | 1 | 2): string => Math.round(a[index] + (b[index] - a[index]) * (at - low)).toString(16).padStart(2, "0");
  return `#${mix(0)}${mix(1)}${mix(2)}`;
}

/** The relative luminance of a colour (WCAG 2.2), 0 to 1. */
export function luminance(hex: string): number {
  const [r, g, b] = parse(hex).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The diameter of a magnitude's mark in pixels: each step of one is 1.6 times as wide. Pure. */
export const sizeOf = (mag: number | null): number => 3 + 0.9 * 1.6 ** Math.max(-1, mag ?? 0);

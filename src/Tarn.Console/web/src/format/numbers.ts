/** What stands where there is no value. */
export const none = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const decimals = new Map<number, Intl.NumberFormat>();

/** 11234 → "11,234"; null → "–". */
export const count = (value: number | null | undefined): string => (value === null || value === undefined ? none : whole.format(value));

/** A number with so many decimals, always. */
export function fixed(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  let format = decimals.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    decimals.set(digits, format);
  }
  return format.format(value);
}

/** 1,536 → "1.5 kB": decimal units, as disks are sold and Delta's statistics count. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.95 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${unit === 0 ? count(scaled) : scaled >= 99.95 ? scaled.toFixed(0) : scaled.toFixed(1)} ${units[unit]}`;
}

/** "1 row", "2 rows". */
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

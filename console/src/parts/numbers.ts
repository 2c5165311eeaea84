// Numbers as people read them: counts in threes, shares in percent, times in their unit.
const IN_THREES = new Intl.NumberFormat("en");

export const count = (value: number): string => IN_THREES.format(value);

export const percent = (value: number | undefined): string =>
  value === undefined ? "unknown" : `${(100 * value).toFixed(value === 0 || value === 1 ? 0 : value < 0.0995 ? 2 : 1)} %`;

export function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

export const milliseconds = (value: number | undefined): string =>
  value === undefined ? "unknown" : value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(1)} s`;

// ["3 more", "", "1 fewer"] -> "3 more and 1 fewer"
export function listed(parts: readonly string[]): string {
  const some = parts.filter((each) => each !== "");
  return [some.slice(0, -1).join(", "), ...some.slice(-1)].filter((each) => each !== "").join(" and ");
}

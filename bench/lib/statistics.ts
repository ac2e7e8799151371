/** What many readings of one thing add up to. */
export interface Summary {
  samples: number;
  min: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export function summary(readings: number[]): Summary {
  const sorted = readings.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return { samples: sorted.length, min: at(0), p50: median(sorted), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function median(sorted: number[]): number {
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

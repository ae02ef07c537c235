// Lighthouse 10's scores: each measure's place on a log-normal curve through two published points, and their weights.

export interface Measures {
  /** Milliseconds; the layout shift has no unit. */
  firstPaint: number;
  speedIndex: number;
  largestPaint: number;
  blocking: number;
  shift: number;
}

/** `good` scores 0.9, `middling` 0.5. */
interface Curve {
  good: number;
  middling: number;
  weight: number;
}

export const MOBILE: Record<keyof Measures, Curve> = {
  firstPaint: { good: 1800, middling: 3000, weight: 10 },
  speedIndex: { good: 3387, middling: 5800, weight: 10 },
  largestPaint: { good: 2500, middling: 4000, weight: 25 },
  blocking: { good: 200, middling: 600, weight: 30 },
  shift: { good: 0.1, middling: 0.25, weight: 25 },
};

export const DESKTOP: Record<keyof Measures, Curve> = {
  firstPaint: { good: 934, middling: 1600, weight: 10 },
  speedIndex: { good: 1311, middling: 2300, weight: 10 },
  largestPaint: { good: 1200, middling: 2400, weight: 25 },
  blocking: { good: 150, middling: 350, weight: 30 },
  shift: { good: 0.1, middling: 0.25, weight: 25 },
};

/** How many standard deviations below the mean a tenth of a normal distribution lies. */
const TENTH = 1.2815515655446004;

/** 0 to 100. */
export function performanceScore(measures: Measures, curves: Record<keyof Measures, Curve>): number {
  const names = Object.keys(curves) as (keyof Measures)[];
  const weights = names.reduce((sum, name) => sum + curves[name].weight, 0);
  const scored = names.reduce(
    (sum, name) => sum + curves[name].weight * score(measures[name], curves[name]),
    0,
  );
  return (100 * scored) / weights;
}

function score(value: number, { good, middling }: Curve): number {
  if (value <= 0) return 1;
  const deviation = Math.log(middling / good) / TENTH;
  return 1 - normalShareBelow(Math.log(value / middling) / deviation);
}

/** The integral of the bell curve by Simpson's rule; far out it is as good as 0 or 1. */
function normalShareBelow(x: number): number {
  const end = Math.max(-8, Math.min(8, x));
  const steps = 200;
  const width = end / steps;
  const bell = (at: number) => Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
  let sum = bell(0) + bell(end);
  for (let step = 1; step < steps; step += 1) sum += (step % 2 === 1 ? 4 : 2) * bell(step * width);
  return 0.5 + (sum * width) / 3;
}

export interface Checked {
  nodes: readonly { any: Check[]; all: Check[]; none: Check[] }[];
}
interface Check {
  impact: string | null;
}

const WEIGHTS: Record<string, number> = { critical: 10, serious: 7, moderate: 3, minor: 1 };

/** 0 to 100: the share of axe's rules that hold, each counted by how much its breach would hinder a person. */
export function accessibilityScore(held: readonly Checked[], broken: readonly Checked[]): number {
  const sum = (rules: readonly Checked[]) => rules.reduce((total, rule) => total + weightOf(rule), 0);
  return (100 * sum(held)) / (sum(held) + sum(broken));
}

function weightOf({ nodes }: Checked): number {
  const checks = nodes.flatMap(({ any, all, none }) => [...any, ...all, ...none]);
  return Math.max(1, ...checks.map(({ impact }) => WEIGHTS[impact ?? ''] ?? 1));
}

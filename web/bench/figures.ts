// Figures and the tables they are printed in.
import { cpus, loadavg } from 'node:os';

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function kb(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

export function ratio(value: number, of: number): string {
  return (value / of).toFixed(2);
}

/** The first column is names, the others are numbers. Absolute times mean little without how busy the machine was. */
export function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('   ');
  console.log(`\n${title} (load ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores)`);
  for (const row of all) console.log(`  ${line(row)}`.trimEnd());
}

/**
 * Prints what benches found: a table of rows, targets as reached or missed, and the digest.
 *
 * Plain text, no colour.
 */
import { cpus, release } from "node:os";
import type { Change } from "./compare.ts";
import type { Bench, BenchResult, BenchTarget } from "./harness.ts";

/** Names the machine in one line: processor, cores, Bun, kernel of the operating system. */
export function machineLine(): string {
  const cores = cpus();
  return `${cores[0]?.model ?? "unknown processor"}, ${cores.length} cores, bun ${Bun.version}, ${process.platform} ${release()}`;
}

/** Lays out one bench. */
export function resultLines(bench: Pick<Bench, "name" | "subject">, result: BenchResult): string[] {
  const rows = result.rows.map(({ name, median, unit, noise, note }) => [
    name,
    `${digits(median)} ${unit}`,
    noise === undefined ? "" : `±${(noise * 100).toFixed(1)} %`,
    note ?? "",
  ]);
  const targets = result.targets.map((target) => [
    target.name,
    `${digits(target.achieved)} ${target.unit}`,
    `${target.better === "higher" ? "≥" : "≤"} ${digits(target.wanted)} ${target.unit}`,
    isReached(target) ? "ok" : `missed, ${((target.achieved / target.wanted) * 100).toFixed(0)} % of it`,
  ]);
  return [
    `${bench.name} (${bench.subject})`,
    ...table(rows),
    ...(targets.length > 0 ? ["  wanted", ...table(targets)] : []),
    ...(result.leftOut ?? []).map((line) => `  left out: ${line}`),
    `  digest ${result.digest}`,
  ];
}

/** Lays out a comparison; only what became worse or better than chance explains is named. */
export function changeLines(changes: readonly Change[]): string[] {
  const notable = changes.filter(({ worseBy, allowed }) => Math.abs(worseBy) > allowed);
  const rows = notable.map(({ name, worseBy, allowed }) => [
    worseBy > 0 ? "worse" : "better",
    name,
    `${(Math.abs(worseBy) * 100).toFixed(1)} %`,
    `(chance explains ${(allowed * 100).toFixed(1)} %)`,
  ]);
  return [`compared ${changes.length} rows, ${notable.length} changed`, ...table(rows)];
}

/** Tells whether a target was reached. */
export function isReached({ achieved, wanted, better }: BenchTarget): boolean {
  return better === "higher" ? achieved >= wanted : achieved <= wanted;
}

/** Writes a number with three significant digits; from 1000 on whole, and grouped by thousands. */
export function digits(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** Lays out cells in columns as wide as their longest cell, indented by four. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

/**
 * Milliseconds per scan and GOSPA of the tracker on a scenario file (default: the first 15 scans of S1), median over the second half;
 * then a dense assignment of 200 rows to 300 columns.
 *
 * Run: bun packages/tracking/test/tracker.bench.ts [scenario.csv] [clutterPerM3]
 */
import { createPrng } from "@skyvox/core";
import { gospa, solveAssignment, Tracker } from "../src/mod.ts";
import { parseScenario } from "./scenario.ts";

const path = process.argv[2] ?? `${import.meta.dir}/data/s1.csv`;
const clutterPerM3 = Number(process.argv[3] ?? 100 / (1000 * 1000 * 300));
const scans = parseScenario(await Bun.file(path).text());
const times: number[][] = scans.map(() => []);
const lines: string[] = [];
for (let run = 0; run < 10; run++) {
  const tracker = new Tracker({
    clutterPerM3,
    detectionProbability: 0.95,
    speedMps: 10,
    accelerationMps2: 2,
    missCorrelationS: 0.1,
    stillShare: 1e-12,
  });
  for (const [index, scan] of scans.entries()) {
    const before = Bun.nanoseconds();
    const updates = tracker.step(scan.timeNs, scan.detections);
    times[index]!.push((Bun.nanoseconds() - before) / 1e6);
    if (run > 0) continue;
    const shown = updates.filter((track) => track.state === "confirmed" || track.state === "coasting");
    const score = gospa(
      scan.truth,
      shown.map((track) => track.positionEnuM),
    );
    const rms = Math.sqrt(score.localisationM2 / Math.max(1, score.matchedCount));
    lines.push(
      [
        index + 1,
        score.gospaM.toFixed(3),
        rms.toFixed(3),
        score.missedCount,
        score.falseCount,
        tracker.counts.ids,
      ].join("\t"),
    );
  }
}
const half = Math.floor(scans.length / 2);
const sorted = times
  .slice(half)
  .flat()
  .sort((a, b) => a - b);
const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
console.log("scan\tgospa_m\trms_m\tmissed\tfalse\tids");
for (const line of lines) console.log(line);
console.log(
  "mean GOSPA of the second half",
  (lines.slice(half).reduce((sum, line) => sum + Number(line.split("\t")[1]), 0) / (lines.length - half)).toFixed(3),
);
console.log(`ms per scan, second half: median ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`);

const random = createPrng(1);
const edgeColumn = Int32Array.from({ length: 60_000 }, (_, k) => k % 300);
const edgeCost = Float64Array.from({ length: 60_000 }, () => random.float());
const rowStart = Int32Array.from({ length: 201 }, (_, k) => k * 300);
const dense = { rowCount: 200, columnCount: 300, rowStart, edgeColumn, edgeCost, unassignedCost: 1e6 };
const spans = Array.from({ length: 40 }, () => {
  const before = Bun.nanoseconds();
  solveAssignment(dense);
  return (Bun.nanoseconds() - before) / 1e6;
}).sort((a, b) => a - b);
console.log(
  `ms per dense 200 x 300 assignment: median ${(spans[20] ?? 0).toFixed(2)}, max ${(spans[39] ?? 0).toFixed(2)}`,
);

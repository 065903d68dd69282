import { expect, test } from "bun:test";
import { gospa, Tracker } from "../src/mod.ts";
import { parseScenario } from "./scenario.ts";

test("Tracker reaches GOSPA 8.3 m without a false track on the second half of the first 15 scans of S1", async () => {
  const scans = parseScenario(await Bun.file(`${import.meta.dir}/data/s1.csv`).text());
  expect(scans.map((scan) => scan.detections.length).slice(0, 6)).toEqual([300, 286, 284, 281, 300, 303]);
  // What the scenario says of itself: 100 false ones in 1000 x 1000 x 300 m, independent misses, velocity drift 4 m²/s³.
  const tracker = new Tracker({
    clutterPerM3: 100 / (1000 * 1000 * 300),
    detectionProbability: 0.95,
    speedMps: 10,
    accelerationMps2: 2,
    missCorrelationS: 0.1,
    stillShare: 1e-12,
  });
  const scores = scans.map((scan) => {
    const shown = tracker
      .step(scan.timeNs, scan.detections)
      .filter((track) => track.state === "confirmed" || track.state === "coasting");
    return gospa(
      scan.truth,
      shown.map((track) => track.positionEnuM),
    );
  });
  const half = scores.slice(7);
  expect(half.reduce((sum, score) => sum + score.falseCount, 0)).toBe(0);
  expect(half.reduce((sum, score) => sum + score.gospaM, 0) / half.length).toBeLessThanOrEqual(8.3);
});

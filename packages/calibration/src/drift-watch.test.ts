import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { type DriftAlarm, DriftWatch } from "./drift-watch.ts";

/** Looks of six cameras twice a second; from `bumpS` on camera c3 is off by `shift` sigmas, and the others a fifth the other way. */
function watch(seed: number, seconds: number, bumpS: number, shift: readonly [number, number]): DriftAlarm[] {
  const prng = createPrng(seed);
  const drift = new DriftWatch();
  const alarms: DriftAlarm[] = [];
  for (let timeS = 0; timeS < seconds; timeS += 0.5) {
    for (let k = 0; k < 6; k++) {
      const factor = timeS < bumpS ? 0 : k === 3 ? 1 : -0.2;
      const alarm = drift.observe({
        camera: `c${k}`,
        timeS,
        u: prng.normal() + factor * shift[0],
        v: prng.normal() + factor * shift[1],
      });
      if (alarm !== null) alarms.push(alarm);
    }
  }
  return alarms;
}

test("The watch names the bumped camera within a minute, and since when", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const [first] = watch(seed, 400, 300, [1.2, -1.2]);
    expect(first?.camera).toBe("c3");
    expect(first!.timeS).toBeGreaterThan(300);
    expect(first!.timeS).toBeLessThan(360);
    expect(Math.abs(first!.sinceS - 300)).toBeLessThan(25);
  }
});

test("The watch is silent over an hour in which nothing moves", () => {
  for (let seed = 1; seed <= 5; seed++) expect(watch(seed, 3600, Number.POSITIVE_INFINITY, [0, 0])).toEqual([]);
});

test("One wild look, however wild, and looks that are no numbers alarm nobody", () => {
  const drift = new DriftWatch();
  expect(drift.observe({ camera: "a", timeS: 0, u: 1e6, v: 0 })).toBeNull();
  expect(drift.observe({ camera: "a", timeS: 1, u: Number.NaN, v: 0 })).toBeNull();
});

test("A camera that leans from its first look on does so since then, and again after its alarm", () => {
  const drift = new DriftWatch();
  const alarms: DriftAlarm[] = [];
  for (let timeS = 100; timeS < 120; timeS++) {
    const alarm = drift.observe({ camera: "a", timeS, u: 4, v: 0 });
    if (alarm !== null) alarms.push(alarm);
  }
  // 3.5 sigmas a look pass 25 with the eighth.
  expect(alarms.map(({ timeS, sinceS }) => [timeS, sinceS])).toEqual([
    [107, 100],
    [115, 108],
  ]);
});

test("Looks closer in time than the interval count once", () => {
  const drift = new DriftWatch();
  for (let k = 0; k < 1000; k++) expect(drift.observe({ camera: "a", timeS: k * 1e-4, u: 4, v: 0 })).toBeNull();
});

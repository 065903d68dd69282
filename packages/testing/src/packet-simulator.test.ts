import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { ManualClock } from "./manual-clock.ts";
import { calmConditions, PacketSimulator } from "./packet-simulator.ts";

function networkOf(seed: number) {
  const clock = new ManualClock();
  const arrived: string[] = [];
  const network = new PacketSimulator<number>({
    clock,
    prng: createPrng(seed),
    deliver: ({ from, to, payload }) => arrived.push(`${from}>${to}:${payload}`),
  });
  return { clock, network, arrived };
}

test("PacketSimulator delivers each packet once, after its delay, on a calm network", () => {
  const { clock, network, arrived } = networkOf(1);
  for (let i = 0; i < 100; i++) network.send("a", "b", i);
  clock.advance(99_999n);
  expect(arrived).toEqual([]);
  expect(network.inFlight).toBe(100);
  clock.advance(1_000_000_000n);
  expect(arrived.toSorted()).toEqual(Array.from({ length: 100 }, (_, i) => `a>b:${i}`).sort());
  expect(arrived).not.toEqual(Array.from({ length: 100 }, (_, i) => `a>b:${i}`));
});

test("PacketSimulator loses and doubles about as many packets as it is told", () => {
  const { clock, network, arrived } = networkOf(2);
  network.conditions = { ...calmConditions, lossRate: 0.25, duplicateRate: 0.5 };
  for (let i = 0; i < 10_000; i++) {
    network.send("a", "b", i);
    clock.advance(100_000n);
  }
  clock.advance(1_000_000_000n);
  expect(Math.abs(arrived.length - 11_250)).toBeLessThan(300);
});

test("PacketSimulator cuts one direction until every cut of it is taken back, packets under way included", () => {
  const { clock, network, arrived } = networkOf(3);
  network.send("a", "b", 1);
  const first = network.cut("a", "b");
  const second = network.cut("a", "b");
  clock.advance(1_000_000_000n);
  network.send("b", "a", 2);
  first();
  first();
  network.send("a", "b", 3);
  clock.advance(1_000_000_000n);
  second();
  network.send("a", "b", 4);
  clock.advance(1_000_000_000n);
  expect(arrived).toEqual(["b>a:2", "a>b:4"]);
});

test("PacketSimulator repeats itself under the same seed", () => {
  const runs = [4, 4, 5].map((seed) => {
    const { clock, network, arrived } = networkOf(seed);
    network.conditions = { ...calmConditions, lossRate: 0.1, duplicateRate: 0.1 };
    for (let i = 0; i < 50; i++) network.send("a", "b", i);
    clock.advance(1_000_000_000n);
    return arrived.join();
  });
  expect(runs[0]).toBe(runs[1]!);
  expect(runs[0]).not.toBe(runs[2]!);
});

/**
 * Things tests stand on: time that moves only when told to, a network under a seed. For development only; no package ships it.
 *
 * @example
 * ```ts
 * import { ManualClock } from "@skyvox/testing";
 * const clock = new ManualClock();
 * clock.schedule(1_000n, () => console.log("one microsecond later"));
 * clock.advance(1_000n);
 * ```
 * @module
 */
export * from "./manual-clock.ts";
export * from "./packet-simulator.ts";

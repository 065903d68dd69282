import { wallMs } from "./wall-clock.ts";

/** Which wall-clock moment stands for which site time while a site plays in real time. */
export interface Timeline {
  readonly startNs: bigint;
  /** Milliseconds since 1970. */
  readonly startWallMs: number;
}

/** Site time now. */
export function siteNowNs({ startNs, startWallMs }: Timeline): bigint {
  return startNs + BigInt(Math.round((wallMs() - startWallMs) * 1e6));
}

/** Wall-clock milliseconds since 1970 at a site time. */
export function wallMsAt({ startNs, startWallMs }: Timeline, timeNs: bigint): number {
  return startWallMs + Number(timeNs - startNs) / 1e6;
}

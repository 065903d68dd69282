/**
 * A clock that all processes of a machine share.
 *
 * The runtime's own clocks count from the start of a process, so that two processes cannot compare what they read.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { type Clock, NS_PER_S } from "@skyvox/core";

/** CLOCK_MONOTONIC of this machine: nanoseconds since its start, the same number in every process. Only a shell may use it. */
export const machineClock: Clock = {
  nowNs: () => {
    time ??= openTime();
    return time();
  },
};

/** As Linux numbers it. */
const CLOCK_MONOTONIC = 1;
let time: (() => bigint) | undefined;

function openTime(): () => bigint {
  const { symbols } = dlopen("libc.so.6", {
    clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
  });
  // struct timespec: seconds, then nanoseconds.
  const timespec = new BigInt64Array(new ArrayBuffer(16));
  const at = ptr(timespec);
  return () => {
    symbols.clock_gettime(CLOCK_MONOTONIC, at);
    return timespec[0]! * NS_PER_S + timespec[1]!;
  };
}

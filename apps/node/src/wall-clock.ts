/** Milliseconds since 1970 with the resolution of the monotonic clock; the same in every process of the machine, as long as nobody sets its clock. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

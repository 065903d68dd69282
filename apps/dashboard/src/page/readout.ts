/** How numbers are written on the page: fixed places, so that nothing jumps while it changes. */
import type { TrackState } from "./live-state.ts";

/** Speed over all three axes in metres per second. */
export function speedMps(track: TrackState): number {
  return Math.hypot(...track.velocityMps);
}

/** Direction of flight over ground in degrees from north through east, 0 … 360. */
export function headingDegrees(track: TrackState): number {
  const [e, n] = track.velocityMps;
  return ((Math.atan2(e, n) * 180) / Math.PI + 360) % 360;
}

/** One-sigma of each axis in metres, NaN where the variance is negative. */
export function sigmasM(track: TrackState): readonly [number, number, number] {
  const [ee = Number.NaN, , , nn = Number.NaN, , uu = Number.NaN] = track.covarianceM2;
  return [Math.sqrt(ee), Math.sqrt(nn), Math.sqrt(uu)];
}

/** Largest of the three sigmas as text, "±0.08". */
export function sigmaText(track: TrackState): string {
  return `±${fixed(Math.max(...sigmasM(track)), 2)}`;
}

/** Writes a number with fixed places, a real minus sign, and a dash for what was not measured. */
export function fixed(value: number | null | undefined, places: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = value.toFixed(places);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** Writes a count of bytes in the unit that keeps it short. */
export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${fixed(bytes / 1e9, 2)} GB`;
  return `${fixed(bytes / 1e6, 0)} MB`;
}

/** Writes seconds as "12.3 s" or "4:05". */
export function durationText(seconds: number): string {
  if (seconds < 100) return `${fixed(seconds, 1)} s`;
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = `${String(minutes).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest.replace(/^0/, "");
}

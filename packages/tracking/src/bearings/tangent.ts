/**
 * Small geometry about one bearing: axes across it, doubt along them, and what a pose's doubt looks like there.
 */

/** Returns one standard deviation of a pose's error as it shows across a bearing to something `rangeM` away, radians. */
export function poseSigma(angleSigmaRad: number, positionSigmaM: number, rangeM: number): number {
  const shown = positionSigmaM / rangeM;
  return Math.sqrt(angleSigmaRad * angleSigmaRad + shown * shown);
}

/** Writes a unit direction and two axes square to it and to each other: 9 values. */
export function writeAxes(into: Float64Array, at: number, x: number, y: number, z: number): void {
  // The first axis is square to the coordinate axis the direction has least of.
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  const az = Math.abs(z);
  let [px, py, pz] = [0, z, -y];
  if (ay <= ax && ay <= az) [px, py, pz] = [-z, 0, x];
  else if (az <= ax && az <= ay) [px, py, pz] = [y, -x, 0];
  const scale = 1 / Math.sqrt(px * px + py * py + pz * pz);
  px *= scale;
  py *= scale;
  pz *= scale;
  into[at] = x;
  into[at + 1] = y;
  into[at + 2] = z;
  into[at + 3] = px;
  into[at + 4] = py;
  into[at + 5] = pz;
  into[at + 6] = y * pz - z * py;
  into[at + 7] = z * px - x * pz;
  into[at + 8] = x * py - y * px;
}

/** Writes the axes of a bearing (a row of `BearingView.bearings` at `from`), then its covariance `11 12 22` along them: 12 values. */
export function writeTangent(into: Float64Array, at: number, rows: Float64Array, from: number): void {
  writeAxes(into, at, rows[from]!, rows[from + 1]!, rows[from + 2]!);
  const px = into[at + 3]!;
  const py = into[at + 4]!;
  const pz = into[at + 5]!;
  const qx = into[at + 6]!;
  const qy = into[at + 7]!;
  const qz = into[at + 8]!;
  into[at + 9] = alongBoth(rows, from + 3, px, py, pz, px, py, pz);
  into[at + 10] = alongBoth(rows, from + 3, px, py, pz, qx, qy, qz);
  into[at + 11] = alongBoth(rows, from + 3, qx, qy, qz, qx, qy, qz);
}

/** Returns aᵀ M b for a symmetric M given as `xx xy xz yy yz zz`. */
export function alongBoth(
  m: Float64Array,
  at: number,
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
): number {
  return (
    ax * (m[at]! * bx + m[at + 1]! * by + m[at + 2]! * bz) +
    ay * (m[at + 1]! * bx + m[at + 3]! * by + m[at + 4]! * bz) +
    az * (m[at + 2]! * bx + m[at + 4]! * by + m[at + 5]! * bz)
  );
}

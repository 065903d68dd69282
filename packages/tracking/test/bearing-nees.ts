import type { TrackUpdate, Vec3 } from "@skyvox/core";

/** Squared error over covariance of a position, chi-square of three degrees of freedom when honest; by Cramer's rule. */
export function neesOf(
  { positionEnuM, covariance }: Pick<TrackUpdate, "positionEnuM" | "covariance">,
  truth: Vec3,
): number {
  const at = (k: number): number => covariance[k] ?? Number.NaN;
  const [a, b, c, d, e, f] = [at(0), at(1), at(2), at(7), at(8), at(14)];
  const [x, y, z] = [truth[0] - positionEnuM[0], truth[1] - positionEnuM[1], truth[2] - positionEnuM[2]];
  const whole = determinant(a, b, c, b, d, e, c, e, f);
  return (
    (x * determinant(x, b, c, y, d, e, z, e, f) +
      y * determinant(a, x, c, b, y, e, c, z, f) +
      z * determinant(a, b, x, b, d, y, c, e, z)) /
    whole
  );
}

function determinant(
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
  i: number,
): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/**
 * What could be known of a target in a frame at best: its signal to noise ratio and the Cramér-Rao bound of its place.
 *
 * The frame is amplitude · cover + background + white noise. The ratio is that of the matched filter, |amplitude| √(Σ cover²) / sigma. The
 * bound takes amplitude and background as unknown too (the inverse of the 4 by 4 information matrix of u, v, amplitude, background): for a
 * point seen through a spread of 0.85 pixel it is 1.27 / ratio pixels.
 */
import { assert, factorCholesky, solveLower } from "@skyvox/core";
import type { PixelProfile } from "./pixel-profile.ts";

/** The best that an estimator without bias can do, one frame at a time. */
export interface PixelLimits {
  /** Signal to noise ratio after a matched filter that knows the background. */
  readonly snr: number;
  /** One sigma of the place right and down, pixels. */
  readonly uSigmaPx: number;
  readonly vSigmaPx: number;
}

/** Works out the limits for a profile, its amplitude and the noise of a pixel, both in grey levels. */
export function pixelLimits(
  profile: PixelProfile,
  { amplitudeGrey, sigmaGrey }: { readonly amplitudeGrey: number; readonly sigmaGrey: number },
): PixelLimits {
  assert(sigmaGrey > 0, "a pixel has noise");
  const { cover, coverByU, coverByV } = profile;
  const information = new Float64Array(16);
  let square = 0;
  for (let at = 0; at < cover.length; at++) {
    const slopes = [amplitudeGrey * coverByU[at]!, amplitudeGrey * coverByV[at]!, cover[at]!, 1];
    square += cover[at]! ** 2;
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 4; column++) information[row * 4 + column]! += slopes[row]! * slopes[column]!;
    }
  }
  const isSolvable = factorCholesky(information, 4);
  assert(isSolvable, "a target that shows has a place");
  return {
    snr: (Math.abs(amplitudeGrey) * Math.sqrt(square)) / sigmaGrey,
    uSigmaPx: sigmaGrey * Math.sqrt(inverseDiagonal(information, 0)),
    vSigmaPx: sigmaGrey * Math.sqrt(inverseDiagonal(information, 1)),
  };
}

/** An element of the diagonal of A⁻¹ from the factor L of A: the squared length of L⁻¹ e. */
function inverseDiagonal(factor: Float64Array, index: number): number {
  const unit = new Float64Array(4);
  unit[index] = 1;
  solveLower(factor, 4, unit);
  return unit.reduce((sum, value) => sum + value * value, 0);
}

/**
 * A scene whose pixels follow physics: sensors behind lenses, air, clouds, mounts that shake and clocks that are off.
 *
 * What a site may know (`pose`, `frameRateHz`) stands beside what is true (`truePose`, `clockOffsetS`, `jitterPx`, `lineTimeS`), so that a
 * program can be given the one and judged by the other. `pixel-renderer.ts` makes pixels of it; truth is a pure function of scene and time.
 */
import type { CameraId, Intrinsics, Pose } from "@skyvox/core";
import type { Path } from "./path.ts";
import type { SceneVolume } from "./scene.ts";
import type { Sensor } from "./sensor.ts";

/** A camera with its sensor and its errors. */
export interface PixelCamera {
  readonly id: CameraId;
  readonly intrinsics: Intrinsics;
  readonly sensor: Sensor;
  /** What was measured of it, with the sigmas of that. */
  readonly pose: Pose;
  /** Where it really stands and looks. */
  readonly truePose: Pose;
  readonly frameRateHz: number;
  /** What its clock shows minus the true time. */
  readonly clockOffsetS: number;
  /** One sigma of how far the picture moves from frame to frame, per axis, as a mast shakes in the wind. */
  readonly jitterPx: number;
  /** Seconds from one row to the next; the row in the middle is exposed at the frame's time. */
  readonly lineTimeS: number;
  /** Pixels that are stuck bright in a quarter of the frames. */
  readonly hotPixelCount: number;
}

/** Something that flies, seen as a disc of which a part is solid. */
export interface PixelBody {
  readonly radiusM: number;
  /** Solid share of the disc: rotors and arms leave gaps. */
  readonly fill: number;
  /** (radiance of the body - radiance of the sky) / radiance of the sky: -1 is black. */
  readonly contrast: number;
  /** How much warmer than the sky behind it, kelvin. */
  readonly warmthK: number;
  readonly pathAt: Path;
  /** Flaps of wings a second, which change what is solid; 0 for a body without. */
  readonly flapHz: number;
}

/** A body that a tracker is meant to find. */
export interface PixelTarget extends PixelBody {
  readonly name: string;
}

/** What lies between and behind. */
export interface Air {
  /** Distance at which 2 % of a contrast is left (Koschmieder), metres. */
  readonly visibilityM: number;
  /** Extinction in the thermal band, per metre. */
  readonly thermalExtinctionPerM: number;
  /** Height of the clouds over the site's origin, metres; null: none. */
  readonly cloudBaseM: number | null;
  /** Drift of the clouds east and north, metres per second. */
  readonly windMps: readonly [number, number];
}

/** A simulated site of such cameras. `clutter` is what moves but is no target: birds. `pairs` names a thermal camera by its visible one. */
export interface PixelScene {
  readonly name: string;
  readonly seed: number;
  readonly volume: SceneVolume;
  readonly air: Air;
  readonly cameras: readonly PixelCamera[];
  readonly pairs: ReadonlyMap<CameraId, CameraId>;
  readonly targets: readonly PixelTarget[];
  readonly clutter: readonly PixelBody[];
}

/** Share of a contrast that is left after so many metres of air, in the band of a sensor. */
export function transmission(air: Air, kind: Sensor["kind"], rangeM: number): number {
  const perM = kind === "mono" ? KOSCHMIEDER / air.visibilityM : air.thermalExtinctionPerM;
  return Math.exp(-perM * rangeM);
}

/** The true time of a camera's frame, seconds: its clock says index / rate. */
export function frameTimeS(camera: PixelCamera, frameIndex: number): number {
  return frameIndex / camera.frameRateHz - camera.clockOffsetS;
}

/** -ln 0.02. */
const KOSCHMIEDER = 3.912;

/**
 * Why a track is a track, and why elsewhere there is none: what a node answers when it is asked to explain itself.
 *
 * All of it is of one moment: the last frame set for which the cameras told what moved, at most a tenth of a second ago.
 */
type Point = readonly [number, number, number];

/** What one camera says about a place or a track. */
export interface CameraVerdict {
  readonly id: string;
  /**
   * `seen`: took part in the track's detection. `moves`: something moves there, `still`: nothing does. `outside`: not in its picture.
   * `flooded`: so much moves that it says nothing. `off`: it gives no frames.
   */
  readonly verdict: "seen" | "moves" | "still" | "outside" | "flooded" | "off";
  readonly detail: string;
  /** Where the place lies in its picture, pixels from the centre of the top-left one; null outside. */
  readonly pixel: readonly [number, number] | null;
  /** Pixels from there to the middle of the nearest thing that moves, where it is near enough to count. */
  readonly residualPx: number | null;
}

/** Why a track is a track. */
export interface TrackExplanation {
  readonly id: number;
  readonly timeS: number;
  readonly state: "tentative" | "confirmed" | "coasting" | "deleted";
  /** One sentence. */
  readonly summary: string;
  /** Log-likelihood ratio of target against clutter, and the value from which a track is confirmed. */
  readonly score: number;
  readonly confirmScore: number;
  /** The score as a probability, target and clutter being equally likely at first. */
  readonly existence: number;
  readonly ageS: number;
  readonly detectionCount: number;
  /** Frame sets since the last detection. */
  readonly missedCount: number;
  /** How it is taken to move. */
  readonly model: string;
  /** Position covariance `[ee, en, eu, nn, nu, uu]` in square metres. */
  readonly covarianceM2: readonly number[];
  /** The detection it took in this frame set; null where it took none. */
  readonly detection: {
    readonly positionM: Point;
    /** How far from it the track is after the update. */
    readonly distanceM: number;
    readonly squaredSigmas: number;
    /** Squared sigmas beyond which a detection belongs to no track. */
    readonly gate: number;
    readonly cameraCount: number;
  } | null;
  readonly cameras: readonly CameraVerdict[];
}

/** Why there is no track at a place, or which one there is. */
export interface PlaceExplanation {
  readonly positionM: Point;
  readonly timeS: number;
  /**
   * The first step that is missing there. `track`: none, a confirmed track is there. `tentative`: its confirmation. `detection`: a second
   * detection. `apart`: cameras that agree. `still`: motion in enough cameras. `unwatched`: cameras. `outside`: the volume ends before.
   */
  readonly verdict: "track" | "tentative" | "detection" | "apart" | "still" | "unwatched" | "outside";
  /** One sentence. */
  readonly summary: string;
  /** Cameras that must agree. */
  readonly camerasNeeded: number;
  readonly cameras: readonly CameraVerdict[];
  readonly track: {
    readonly id: number;
    readonly state: "tentative" | "confirmed" | "coasting";
    readonly score: number;
    readonly distanceM: number;
  } | null;
  readonly detection: { readonly distanceM: number; readonly cameraCount: number } | null;
}

/** What becomes of each thing that moves in one camera's picture. */
export interface CameraExplanation {
  readonly id: string;
  readonly timeS: number;
  /** One sentence. */
  readonly summary: string;
  /** Cameras that must agree. */
  readonly camerasNeeded: number;
  readonly thingsMoving: number;
  /** The largest of them. */
  readonly things: readonly {
    /** Bounding box in pixels, `[x0, y0, x1, y1]`, inclusive. */
    readonly box: readonly [number, number, number, number];
    readonly trackId: number | null;
    /** Most cameras that see motion in one place along its ray, this one included; null where it has a track. */
    readonly camerasAgreeing: number | null;
    /** That place. */
    readonly positionM: Point | null;
    readonly why: string;
  }[];
}

import type { Place } from "./place.ts";

/** What the person at the page chose; read by every view at its next drawing. */
export interface Choices {
  truth: boolean;
  voxels: boolean;
  ellipsoids: boolean;
  trails: boolean;
  paused: boolean;
  /** What was is shown, not the present. */
  recorded: boolean;
  trackId: number | null;
  /** A place asked about: why there is no track. */
  place: Place | null;
  /** Camera looked through, by its place in the site's list, or null for the free view. */
  cameraIndex: number | null;
  /** The section about the cluster is open. */
  cluster: boolean;
  /** The free view stays with the chosen track. */
  follow: boolean;
}

/** Layers that can be switched on and off. */
export type Layer = "truth" | "voxels" | "ellipsoids" | "trails";

/** What a person can ask for, by key, by button or in a view. */
export interface Actions {
  toggleLayer(layer: Layer): void;
  togglePause(): void;
  /** Goes back or on by some seconds. */
  step(seconds: number): void;
  goLive(): void;
  toggleFollow(): void;
  toggleHelp(): void;
  toggleCluster(): void;
  /** Shows everything: leaves a camera, stops following, fits the view. */
  fit(): void;
  chooseTrack(id: number | null): void;
  /** Asks why there is no track at a place; leaves the chosen track. */
  choosePlace(place: Place | null): void;
  /** Looks through a camera by its place in the site's list; the same one again, or null, returns to the free view. */
  chooseCamera(index: number | null): void;
}

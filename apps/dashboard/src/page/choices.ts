/** What the person at the page chose; read by every view at its next drawing. */
export interface Choices {
  truth: boolean;
  voxels: boolean;
  ellipsoids: boolean;
  trails: boolean;
  paused: boolean;
  trackId: number | null;
  /** Camera looked through, by its place in the site's list, or null for the free view. */
  cameraIndex: number | null;
  /** The free view stays with the chosen track. */
  follow: boolean;
}

/** Layers that can be switched on and off. */
export type Layer = "truth" | "voxels" | "ellipsoids" | "trails";

/** What a person can ask for, by key, by button or in a view. */
export interface Actions {
  toggleLayer(layer: Layer): void;
  togglePause(): void;
  toggleFollow(): void;
  toggleHelp(): void;
  /** Shows everything: leaves a camera, stops following, fits the view. */
  fit(): void;
  chooseTrack(id: number | null): void;
  /** Looks through a camera by its place in the site's list; the same one again, or null, returns to the free view. */
  chooseCamera(index: number | null): void;
}

import type { Actions, Choices } from "./choices.ts";
import type { LiveState } from "./live-state.ts";

/** What a view of the scene is made from; it owns the elements it adds to `host` and removes them when disposed. */
export interface ViewParts {
  readonly host: HTMLElement;
  readonly state: LiveState;
  readonly choices: Choices;
  readonly actions: Pick<Actions, "chooseTrack" | "choosePlace" | "chooseCamera">;
  /** Newest picture of a camera, or null; stays owned by its tile. */
  readonly pictureOf: (cameraIndex: number) => CanvasImageSource | null;
  /** Called when the view cannot go on, such as when the graphics device is lost. */
  readonly failed: (reason: string) => void;
}

/** The large view of the site: in three dimensions, or as a map where there is no WebGL2. */
export interface SceneView extends Disposable {
  /** Draws if something changed; called once per animation frame. */
  frame(nowMs: number): void;
  /** Brings the whole site into view. */
  fit(): void;
  /** Frames drawn since the view was made. */
  readonly frameCount: number;
}

import type { Actions, Layer } from "./choices.ts";

const LAYERS: Readonly<Record<string, Layer>> = { g: "truth", v: "voxels", e: "ellipsoids", t: "trails" };

/** What the parts of a key press say that matter here. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Does what a key asks for; true where it was one of ours. Keys with Ctrl, Alt or Meta belong to the browser. */
export function pressKey(press: KeyPress, actions: Actions): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey) return false;
  const key = press.key.toLowerCase();
  const layer = LAYERS[key];
  if (layer) actions.toggleLayer(layer);
  else if (key === " ") actions.togglePause();
  else if (key === "arrowleft" || key === "arrowright") {
    actions.step((press.shiftKey ? 10 : 1) * (key === "arrowleft" ? -1 : 1));
  } else if (key === "l") actions.goLive();
  else if (key === "f") actions.fit();
  else if (key === "c") actions.toggleFollow();
  else if (key === "n") actions.toggleCluster();
  else if (key === "?") actions.toggleHelp();
  else if (key === "escape") {
    actions.chooseCamera(null);
    actions.chooseTrack(null);
    actions.choosePlace(null);
  } else if (/^[1-9]$/.test(key)) actions.chooseCamera(Number(key) - 1);
  else return false;
  return true;
}

/** What the person chose, the buttons that show and change it, and the address that remembers it. */
import type { Actions, Choices, Layer } from "./choices.ts";
import { readTarget, writeTarget } from "./deep-link.ts";
import { byId, setAttribute } from "./element.ts";
import type { LiveState } from "./live-state.ts";

const LAYERS: readonly Layer[] = ["truth", "voxels", "ellipsoids", "trails"];

/** Makes the choices with their defaults; `follow` is to be called once per frame to take over an address once the site is known. */
export function openActions(parts: { state: LiveState; fit: () => void }): {
  choices: Choices;
  actions: Actions;
  follow: () => void;
} {
  const { state } = parts;
  const choices: Choices = {
    truth: true,
    voxels: true,
    ellipsoids: true,
    trails: true,
    paused: false,
    trackId: null,
    cameraIndex: null,
    follow: false,
  };
  let wantedCameraId: string | null = null;
  takeAddress();
  addEventListener("hashchange", takeAddress);

  const actions: Actions = {
    toggleLayer(layer) {
      choices[layer] = !choices[layer];
      show();
    },
    togglePause() {
      choices.paused = !choices.paused;
      show();
    },
    toggleFollow() {
      choices.follow = !choices.follow && choices.trackId !== null;
      show();
    },
    toggleHelp() {
      const help = byId("help");
      if (!(help instanceof HTMLDialogElement)) return;
      if (help.open) help.close();
      else help.showModal();
    },
    fit() {
      choices.cameraIndex = null;
      choices.follow = false;
      parts.fit();
      show();
    },
    chooseTrack(id) {
      choices.trackId = id;
      if (id === null) choices.follow = false;
      show();
    },
    chooseCamera(index) {
      const known = index !== null && index < (state.hello?.site.cameras.length ?? 0);
      choices.cameraIndex = known && index !== choices.cameraIndex ? index : null;
      wantedCameraId = null;
      show();
    },
  };
  for (const layer of LAYERS) byId(`layer-${layer}`).addEventListener("click", () => actions.toggleLayer(layer));
  byId("pause").addEventListener("click", () => actions.togglePause());
  byId("fit").addEventListener("click", () => actions.fit());
  byId("help-open").addEventListener("click", () => actions.toggleHelp());
  byId("help-close").addEventListener("click", () => byId("help-close").closest("dialog")?.close());
  // Where the page itself had the focus, the browser leaves it on the closed dialog's button, and the space key would open it again.
  byId("help").addEventListener("close", () => byId("help-close").blur());
  show();
  return { choices, actions, follow };

  function follow(): void {
    if (wantedCameraId === null || !state.hello) return;
    const index = state.hello.site.cameras.findIndex(({ id }) => id === wantedCameraId);
    choices.cameraIndex = index < 0 ? null : index;
    wantedCameraId = null;
    show();
  }

  function takeAddress(): void {
    const target = readTarget(location.hash);
    choices.trackId = target.trackId;
    wantedCameraId = target.cameraId;
    if (target.cameraId === null) choices.cameraIndex = null;
  }

  function show(): void {
    for (const layer of LAYERS) setAttribute(byId(`layer-${layer}`), "aria-pressed", String(choices[layer]));
    setAttribute(byId("pause"), "aria-pressed", String(choices.paused));
    const camera = choices.cameraIndex === null ? undefined : state.hello?.site.cameras[choices.cameraIndex];
    const hash = writeTarget({ trackId: choices.trackId, cameraId: camera?.id ?? wantedCameraId });
    if (hash !== location.hash)
      history.replaceState(null, "", hash === "" ? location.pathname + location.search : hash);
  }
}

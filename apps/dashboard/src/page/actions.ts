/**
 * What the person chose, the buttons that show and change it, and the address that remembers it.
 *
 * Choices are one plain object that every view reads when it draws; only the actions here change it.
 */
import type { Actions, Choices, Layer } from "./choices.ts";
import { readTarget, writeTarget } from "./deep-link.ts";
import { byId, setAttribute } from "./element.ts";
import type { LiveState } from "./live-state.ts";

const LAYERS: readonly Layer[] = ["truth", "voxels", "ellipsoids", "trails"];

/** The choices, what changes them, and a call per frame that takes an address over once the site is known. */
export interface OpenActions {
  readonly choices: Choices;
  readonly actions: Actions;
  readonly follow: () => void;
}

/** What moves the time shown. */
export interface Transport {
  togglePlay(): void;
  step(seconds: number): void;
  goLive(): void;
}

/** Makes the choices with their defaults and what the address says, and connects the buttons. */
export function openActions(parts: { state: LiveState; fit: () => void; transport: Transport }): OpenActions {
  const desk = new Desk(parts.state);
  const actions = actionsOn(desk, parts);
  for (const layer of LAYERS) byId(`layer-${layer}`).addEventListener("click", () => actions.toggleLayer(layer));
  byId("pause").addEventListener("click", () => actions.togglePause());
  byId("go-live").addEventListener("click", () => actions.goLive());
  byId("fit").addEventListener("click", () => actions.fit());
  byId("help-open").addEventListener("click", () => actions.toggleHelp());
  byId("help-close").addEventListener("click", () => byId("help-close").closest("dialog")?.close());
  window.addEventListener("hashchange", () => desk.takeAddress());
  desk.takeAddress();
  desk.show();
  return { choices: desk.choices, actions, follow: () => desk.followAddress() };
}

/** The choices together with the camera an address asked for before the site was known. */
class Desk {
  readonly choices: Choices = {
    truth: true,
    voxels: true,
    ellipsoids: true,
    trails: true,
    paused: false,
    recorded: false,
    trackId: null,
    place: null,
    cameraIndex: null,
    cluster: false,
    follow: false,
  };
  wantedCameraId: string | null = null;
  readonly state: LiveState;

  constructor(state: LiveState) {
    this.state = state;
  }

  takeAddress(): void {
    const target = readTarget(location.hash);
    this.choices.trackId = target.trackId;
    this.wantedCameraId = target.cameraId;
    if (target.cameraId === null) this.choices.cameraIndex = null;
  }

  followAddress(): void {
    if (this.wantedCameraId === null || !this.state.hello) return;
    const index = this.state.hello.site.cameras.findIndex(({ id }) => id === this.wantedCameraId);
    this.choices.cameraIndex = index < 0 ? null : index;
    this.wantedCameraId = null;
    this.show();
  }

  /** Writes the choices to the buttons and to the address. */
  show(): void {
    const { choices, state } = this;
    for (const layer of LAYERS) setAttribute(byId(`layer-${layer}`), "aria-pressed", String(choices[layer]));
    const camera = choices.cameraIndex === null ? undefined : state.hello?.site.cameras[choices.cameraIndex];
    const hash = writeTarget({ trackId: choices.trackId, cameraId: camera?.id ?? this.wantedCameraId });
    if (hash === location.hash) return;
    history.replaceState(null, "", hash === "" ? location.pathname + location.search : hash);
  }
}

function actionsOn(desk: Desk, { fit, transport }: { fit: () => void; transport: Transport }): Actions {
  const change = (changes: Partial<Choices>): void => {
    Object.assign(desk.choices, changes);
    desk.show();
  };
  const { choices } = desk;
  return {
    toggleLayer: (layer) => change({ [layer]: !choices[layer] }),
    togglePause: () => transport.togglePlay(),
    step: (seconds) => transport.step(seconds),
    goLive: () => transport.goLive(),
    toggleFollow: () => change({ follow: !choices.follow && choices.trackId !== null }),
    toggleHelp,
    toggleCluster: () => change({ cluster: !choices.cluster }),
    fit() {
      fit();
      change({ cameraIndex: null, follow: false });
    },
    chooseTrack: (id) => change({ trackId: id, place: null, follow: choices.follow && id !== null }),
    choosePlace: (place) => change(place ? { place, trackId: null, follow: false } : { place: null }),
    chooseCamera(index) {
      const known = index !== null && index < (desk.state.hello?.site.cameras.length ?? 0);
      desk.wantedCameraId = null;
      change({ cameraIndex: known && index !== choices.cameraIndex ? index : null });
    },
  };
}

function toggleHelp(): void {
  const help = byId("help");
  if (!(help instanceof HTMLDialogElement)) return;
  if (help.open) help.close();
  else help.showModal();
}

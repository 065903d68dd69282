/**
 * Entry of the page: opens the stream, makes the parts and turns the wheel.
 *
 * One loop per animation frame takes what the node said into the state, then lets each part draw: the scene every frame it needs, text
 * and charts ten times a second. Nothing else runs by itself, so a hidden page rests. The scene comes as a file of its own, so that
 * the header, the table and the pictures do not wait for it.
 */
import { type OpenActions, openActions } from "./actions.ts";
import { Charts } from "./charts.ts";
import { ClusterPanel } from "./cluster-panel.ts";
import { byId } from "./element.ts";
import { Header } from "./header.ts";
import { nodeHistory } from "./history-feed.ts";
import { pressKey } from "./keys.ts";
import { LiveState } from "./live-state.ts";
import { openMapView } from "./map-view.ts";
import { Scrubber } from "./scrubber.ts";
import { type SocketEvents, Stream } from "./stream.ts";
import { Tiles } from "./tiles.ts";
import { Timeline } from "./timeline.ts";
import { TrackPanel } from "./track-panel.ts";
import type { SceneView, ViewParts } from "./view.ts";
import { WhyPanel } from "./why-panel.ts";

const TEXT_MS = 100;

/** Everything the page holds open, from the first frame to its hiding. */
class LivePage implements Disposable {
  private readonly stop = new AbortController();
  private readonly state = new LiveState();
  private readonly host = byId("scene");
  private readonly stream: Stream;
  private readonly chosen: OpenActions;
  private readonly timeline: Timeline;
  private readonly scrubber: Scrubber;
  private readonly tiles: Tiles;
  private readonly charts = new Charts(byId("charts"));
  private readonly header = new Header();
  private readonly panel: TrackPanel;
  private readonly why: WhyPanel;
  private readonly cluster: ClusterPanel;
  private view: SceneView | null = null;
  private textMs = 0;

  constructor(sceneModule: Promise<typeof import("./scene/scene-view.ts")>) {
    const { state } = this;
    const transport = {
      togglePlay: () => this.timeline.togglePlay(performance.now()),
      step: (seconds: number) => this.timeline.step(seconds, performance.now()),
      goLive: () => this.timeline.goLive(performance.now()),
    };
    this.chosen = openActions({ state, transport, fit: () => this.view?.fit() });
    const { choices, actions } = this.chosen;
    this.timeline = new Timeline({ state, choices, history: nodeHistory });
    this.scrubber = new Scrubber(this.timeline, choices);
    this.stream = new Stream({ nowMs: () => performance.now(), random: Math.random, after, open: openSocket });
    this.tiles = new Tiles(byId("tiles"), { state, choices, actions });
    this.panel = new TrackPanel(actions);
    this.why = new WhyPanel(actions);
    this.cluster = new ClusterPanel(actions);
    sceneModule
      .then(({ openSceneView }) => this.show("3d", () => openSceneView(this.viewParts())))
      .catch((error: unknown) => this.useMap(error instanceof Error ? error.message : String(error)));
    this.listen();
    requestAnimationFrame((nowMs) => this.turn(nowMs));
  }

  [Symbol.dispose](): void {
    this.stop.abort();
    this.stream[Symbol.dispose]();
    this.view?.[Symbol.dispose]();
    this.tiles[Symbol.dispose]();
    this.charts[Symbol.dispose]();
    this.why[Symbol.dispose]();
    this.cluster[Symbol.dispose]();
  }

  private turn(nowMs: number): void {
    if (this.stop.signal.aborted) return;
    const { state, stream, timeline } = this;
    const { choices, follow } = this.chosen;
    stream.drain((message) => timeline.told(message, nowMs));
    timeline.frame(nowMs);
    follow();
    this.scrubber.update();
    this.view?.frame(nowMs);
    this.tiles.frame(nowMs);
    if (nowMs - this.textMs >= TEXT_MS) {
      this.textMs = nowMs;
      this.header.update({ state, choices, link: stream.state, ended: timeline.ended, nowMs });
      this.panel.update(state, choices);
      this.why.update({ state, choices, nowMs });
      this.charts.update(state, choices);
      this.cluster.update(choices, nowMs);
      this.host.dataset.frames = String(this.view?.frameCount ?? 0);
    }
    requestAnimationFrame((next) => this.turn(next));
  }

  private viewParts(): ViewParts {
    return {
      host: this.host,
      state: this.state,
      choices: this.chosen.choices,
      actions: this.chosen.actions,
      pictureOf: (index) => this.tiles.pictureOf(index)?.bitmap ?? null,
      failed: (reason) => this.useMap(reason),
    };
  }

  private useMap(reason: string): void {
    this.view?.[Symbol.dispose]();
    this.show("map", () => openMapView(this.viewParts(), `${reason}: this is the map instead of the scene`));
  }

  private show(kind: "3d" | "map", open: () => SceneView): void {
    if (this.stop.signal.aborted) return;
    this.view = open();
    this.host.dataset.view = kind;
  }

  private listen(): void {
    const { signal } = this.stop;
    window.addEventListener("keydown", (event) => this.press(event), { signal });
    window.addEventListener("click", leaveClicked, { signal });
    byId("retry").addEventListener("click", () => this.stream.retryNow(), { signal });
    window.addEventListener("online", () => this.stream.retryNow(), { signal });
    window.addEventListener("pagehide", () => this[Symbol.dispose](), { signal });
  }

  private press(event: KeyboardEvent): void {
    if (event.repeat || (document.querySelector("dialog[open]") && event.key !== "?")) return;
    // A button that was reached by keyboard keeps its own space key, unless it went away with its dialog.
    const onButton = event.target instanceof HTMLButtonElement && event.target.checkVisibility();
    if (onButton && (event.key === " " || event.key === "Enter")) return;
    if (pressKey(event, this.chosen.actions)) event.preventDefault();
  }
}

/** After a click the focus returns to the page, so that the next space key pauses instead of clicking again. */
function leaveClicked(event: MouseEvent): void {
  if (event.detail > 0 && document.activeElement instanceof HTMLButtonElement) document.activeElement.blur();
}

function after(delayMs: number, call: () => void): () => void {
  const timer = setTimeout(call, delayMs);
  return () => clearTimeout(timer);
}

function openSocket(events: SocketEvents): () => void {
  const socket = new WebSocket(new URL("/api/v1/stream", location.href.replace(/^http/, "ws")));
  socket.onopen = events.opened;
  socket.onmessage = ({ data }) => events.told(data);
  socket.onclose = events.closed;
  return () => socket.close();
}

new LivePage(import("./scene/scene-view.ts"));
// A page brought back from the browser's cache has closed its parts: start it anew.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

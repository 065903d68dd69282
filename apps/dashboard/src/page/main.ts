/**
 * Entry of the page: opens the stream, makes the parts and turns the wheel.
 *
 * One loop per animation frame takes what the node said into the state, then lets each part draw: the scene every frame it needs, text
 * and charts ten times a second. Nothing else runs by itself, so a hidden page rests. The scene comes as a file of its own, so that
 * the header, the table and the pictures do not wait for it.
 */

import { openActions } from "./actions.ts";
import { Charts } from "./charts.ts";
import { byId } from "./element.ts";
import { Header } from "./header.ts";
import { pressKey } from "./keys.ts";
import { LiveState } from "./live-state.ts";
import { openMapView } from "./map-view.ts";
import { Stream } from "./stream.ts";
import { Tiles } from "./tiles.ts";
import { TrackPanel } from "./track-panel.ts";
import type { SceneView, ViewParts } from "./view.ts";

const TEXT_MS = 100;

const sceneModule = import("./scene/scene-view.ts");
start();

function start(): void {
  const stop = new AbortController();
  const state = new LiveState();
  const host = byId("scene");
  let view: SceneView | null = null;
  const { choices, actions, follow } = openActions({ state, fit: () => view?.fit() });
  const stream = new Stream({
    nowMs: () => performance.now(),
    random: Math.random,
    after: (delayMs, call) => {
      const timer = setTimeout(call, delayMs);
      return () => clearTimeout(timer);
    },
    open: (events) => {
      const socket = new WebSocket(new URL("/api/v1/stream", location.href.replace(/^http/, "ws")));
      socket.onopen = events.opened;
      socket.onmessage = ({ data }) => events.told(data);
      socket.onclose = events.closed;
      return () => socket.close();
    },
  });
  const tiles = new Tiles(byId("tiles"), { state, choices, actions });
  const charts = new Charts(byId("charts"));
  const panel = new TrackPanel(actions);
  const header = new Header();
  const parts: ViewParts = {
    host,
    state,
    choices,
    actions,
    pictureOf: (index) => tiles.pictureOf(index)?.bitmap ?? null,
    failed: (reason) => useMap(reason),
  };
  sceneModule
    .then(({ openSceneView }) => {
      if (stop.signal.aborted || view) return;
      view = openSceneView(parts);
      host.dataset.view = "3d";
    })
    .catch((error: unknown) => useMap(error instanceof Error ? error.message : String(error)));

  let textMs = 0;
  const turn = (nowMs: number): void => {
    if (stop.signal.aborted) return;
    stream.drain((message) => {
      if (message.type === "hello" || !choices.paused) state.take(message, nowMs);
    });
    follow();
    view?.frame(nowMs);
    tiles.frame(nowMs);
    if (nowMs - textMs >= TEXT_MS) {
      textMs = nowMs;
      header.update({ state, choices, link: stream.state, nowMs });
      panel.update(state, choices);
      charts.update(state);
      host.dataset.frames = String(view?.frameCount ?? 0);
    }
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);

  listen();

  function useMap(reason: string): void {
    if (stop.signal.aborted) return;
    view?.[Symbol.dispose]();
    view = openMapView(parts, `${reason}: this is the map instead of the scene`);
    host.dataset.view = "map";
  }

  function listen(): void {
    const { signal } = stop;
    window.addEventListener(
      "keydown",
      (event) => {
        if (document.querySelector("dialog[open]") && event.key !== "?") return;
        // A button that was reached by keyboard keeps its own space key.
        const onButton = event.target instanceof HTMLButtonElement;
        if (event.repeat || (onButton && (event.key === " " || event.key === "Enter"))) return;
        if (pressKey(event, actions)) event.preventDefault();
      },
      { signal },
    );
    // After a click the focus returns to the page, so that the next space key pauses instead of clicking again.
    window.addEventListener(
      "click",
      (event) => {
        if (event.detail > 0 && document.activeElement instanceof HTMLButtonElement) document.activeElement.blur();
      },
      { signal },
    );
    byId("retry").addEventListener("click", () => stream.retryNow(), { signal });
    window.addEventListener("online", () => stream.retryNow(), { signal });
    window.addEventListener("pagehide", close, { signal });
    // A page brought back from the browser's cache has closed its parts: start it anew.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  function close(): void {
    stop.abort();
    stream[Symbol.dispose]();
    view?.[Symbol.dispose]();
    tiles[Symbol.dispose]();
    charts[Symbol.dispose]();
  }
}

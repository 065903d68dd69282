/**
 * Text beside things in the scene: real elements over the canvas, so that it stays sharp at any drawing resolution.
 *
 * A track's label tries four places around its point and takes the first that is free, ahead of the track before behind it, where
 * the trail is; where none is free its second line goes. Elements are kept by key and reused.
 */
import { element, emPx, setText } from "./element.ts";
import { cssColour } from "./palette.ts";

/** One label of a frame; x, y in CSS pixels of the view. */
export interface Label {
  readonly key: string;
  readonly kind: "track" | "camera" | "missed" | "scale" | "north";
  readonly x: number;
  readonly y: number;
  /** Horizontal way on screen the thing moves, CSS pixels: its label goes ahead of it, its trail lies behind. */
  readonly aheadPx?: number;
  readonly title: string;
  readonly detail?: string;
  readonly colour?: number;
  readonly chosen?: boolean;
  readonly dim?: boolean;
}

interface Shown {
  readonly root: HTMLElement;
  readonly title: HTMLElement;
  readonly detail: HTMLElement;
  place: number;
  /** 0 where the label belongs to the right, 1 to the left. */
  side: 0 | 1;
}

interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Clear of the truth ring, and of the brackets around a chosen track. */
const GAP_PX = 15;
const GAP_CHOSEN_PX = 21;
/** Slower than this on screen, a label stays on the side it has. */
const AHEAD_PX_MIN = 6;
/** Height of a line and width of a letter in the root's font size; both fonts of the labels are narrower. */
const LINE_EM = 1.08;
const LETTER_EM = 0.48;

/** The layer of labels over a view. */
export class Labels implements Disposable {
  private readonly root: HTMLElement;
  private readonly shown = new Map<string, Shown>();
  private emPx = 14;

  /** Adds its layer to `host` and removes it when disposed. */
  constructor(host: HTMLElement) {
    this.root = element("div", { className: "labels" });
    this.root.setAttribute("aria-hidden", "true");
    host.append(this.root);
  }

  /** Shows exactly these labels; earlier ones win the better places. */
  show(labels: readonly Label[]): void {
    this.emPx = emPx();
    const taken: Box[] = [];
    const keys = new Set<string>();
    for (const label of labels) {
      keys.add(label.key);
      const shown = this.shown.get(label.key) ?? this.make(label);
      this.place(label, shown, taken);
    }
    for (const [key, { root }] of this.shown) {
      if (keys.has(key)) continue;
      root.remove();
      this.shown.delete(key);
    }
  }

  [Symbol.dispose](): void {
    this.root.remove();
    this.shown.clear();
  }

  private make(label: Label): Shown {
    const title = element("b");
    const detail = element("span");
    const root = element("div", { className: `label label-${label.kind}` }, title, detail);
    this.root.append(root);
    const shown: Shown = { root, title, detail, place: 0, side: 0 };
    this.shown.set(label.key, shown);
    return shown;
  }

  private place(label: Label, shown: Shown, taken: Box[]): void {
    setText(shown.title, label.title);
    if (label.colour !== undefined) shown.title.style.color = cssColour(label.colour);
    shown.root.classList.toggle("chosen", label.chosen === true);
    shown.root.classList.toggle("dim", label.dim === true);
    if (label.kind !== "track") {
      setText(shown.detail, label.detail ?? "");
      shown.root.style.transform = `translate(${label.x.toFixed(1)}px, ${label.y.toFixed(1)}px) translate(-50%, -50%)`;
      return;
    }
    const width = Math.max(label.title.length, label.detail?.length ?? 0) * LETTER_EM * this.emPx;
    const line = LINE_EM * this.emPx;
    const box = this.freeBox(label, shown, { width, height: label.detail ? 2 * line : line }, taken);
    const placed = box ?? boxAt(label, shown.place, { width, height: line });
    taken.push(placed);
    setText(shown.detail, box ? (label.detail ?? "") : "");
    shown.root.style.transform = `translate(${placed.x0.toFixed(1)}px, ${placed.y0.toFixed(1)}px)`;
    shown.root.style.textAlign = shown.place % 2 === 0 ? "left" : "right";
    shown.root.style.width = `${width.toFixed(0)}px`;
  }

  private freeBox(
    label: Label,
    shown: Shown,
    size: { width: number; height: number },
    taken: readonly Box[],
  ): Box | null {
    const ahead = label.aheadPx ?? 0;
    if (Math.abs(ahead) > AHEAD_PX_MIN) shown.side = ahead > 0 ? 0 : 1;
    const first = shown.place % 2 === shown.side ? shown.place : shown.side;
    for (const turn of [0, 2, 1, 3]) {
      const place = (first + turn) % 4;
      const box = boxAt(label, place, size);
      if (taken.some((other) => overlap(box, other))) continue;
      shown.place = place;
      return box;
    }
    return null;
  }
}

/** Places 0 … 3: right above, left above, right below, left below. */
function boxAt(label: Label, place: number, size: { width: number; height: number }): Box {
  const gap = label.chosen ? GAP_CHOSEN_PX : GAP_PX;
  const x0 = place % 2 === 0 ? label.x + gap : label.x - gap - size.width;
  const y0 = place < 2 ? label.y - size.height - 2 : label.y + 2;
  return { x0, y0, x1: x0 + size.width, y1: y0 + size.height };
}

function overlap(a: Box, b: Box): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

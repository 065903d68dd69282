/**
 * Turns pointer movement over the scene into what it points at: the nearest track, camera, truth or detection within reach on screen.
 *
 * It works on the places where things were drawn last; no ray is cast.
 */

/** A thing that can be pointed at and where it is drawn, CSS pixels. */
export interface Target {
  readonly kind: "track" | "camera" | "truth" | "detection";
  /** Track id, or place in the list of the site's cameras, of the truth or of the detections. */
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

const REACH_PX = 20;
const REACH_TOUCH_PX = 32;
/** A press that moves further than this turns the view and picks nothing. */
const DRAG_PX = 6;

/** What a picker tells: hovering, a click or tap, and the start of a drag. */
export interface PickerEvents {
  readonly hovered: (target: Target | null) => void;
  readonly picked: (target: Target | null) => void;
  readonly dragged: () => void;
}

/** Listens to the pointer over one canvas. */
export class Picker implements Disposable {
  /** What can be pointed at now, replaced by the view at every drawing. */
  targets: readonly Target[] = [];
  private readonly stop = new AbortController();
  private pressed: { x: number; y: number; dragged: boolean } | null = null;

  constructor(canvas: HTMLElement, events: PickerEvents) {
    const { signal } = this.stop;
    canvas.addEventListener(
      "pointerdown",
      (event) => {
        this.pressed = { x: event.clientX, y: event.clientY, dragged: false };
      },
      { signal },
    );
    canvas.addEventListener(
      "pointermove",
      (event) => {
        if (!this.pressed) return events.hovered(this.nearest(canvas, event));
        if (this.pressed.dragged) return;
        if (Math.hypot(event.clientX - this.pressed.x, event.clientY - this.pressed.y) < DRAG_PX) return;
        this.pressed.dragged = true;
        events.dragged();
      },
      { signal },
    );
    canvas.addEventListener(
      "pointerup",
      (event) => {
        if (this.pressed && !this.pressed.dragged) events.picked(this.nearest(canvas, event));
        this.pressed = null;
      },
      { signal },
    );
    canvas.addEventListener(
      "pointercancel",
      () => {
        this.pressed = null;
      },
      { signal },
    );
    canvas.addEventListener("pointerleave", () => events.hovered(null), { signal });
  }

  [Symbol.dispose](): void {
    this.stop.abort();
  }

  private nearest(canvas: HTMLElement, event: PointerEvent): Target | null {
    const frame = canvas.getBoundingClientRect();
    const x = event.clientX - frame.left;
    const y = event.clientY - frame.top;
    let best: Target | null = null;
    let bestPx = event.pointerType === "touch" ? REACH_TOUCH_PX : REACH_PX;
    for (const target of this.targets) {
      const distance = Math.hypot(target.x - x, target.y - y);
      if (distance >= bestPx) continue;
      best = target;
      bestPx = distance;
    }
    return best;
  }
}

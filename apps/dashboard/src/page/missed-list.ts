/** Targets that are there and have no track: the list below the table of tracks, to ask why. */
import type { Actions, Choices } from "./choices.ts";
import { element, setAttribute } from "./element.ts";
import type { Place } from "./place.ts";

/** A target is listed only after it had no track for so long: one that is being found is not missed yet. */
const PATIENCE_MS = 300;

/** Buttons for what is missed, kept by name. */
export class MissedList {
  private readonly host: HTMLElement;
  private readonly actions: Actions;
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private readonly sinceMs = new Map<string, number>();

  constructor(host: HTMLElement, actions: Actions) {
    this.host = host;
    this.actions = actions;
  }

  /** Shows what is missed now. */
  update(places: readonly Place[], choices: Choices): void {
    const nowMs = performance.now();
    const labels = new Set(places.map(({ label }) => label));
    for (const label of this.sinceMs.keys()) if (!labels.has(label)) this.forget(label);
    for (const place of places) {
      const sinceMs = this.sinceMs.get(place.label) ?? nowMs;
      this.sinceMs.set(place.label, sinceMs);
      if (nowMs - sinceMs < PATIENCE_MS) continue;
      const button = this.buttons.get(place.label) ?? this.make(place);
      setAttribute(button, "aria-pressed", String(choices.place?.label === place.label));
    }
  }

  private make(place: Place): HTMLButtonElement {
    const button = element(
      "button",
      { className: "missed-button" },
      element("i", { className: "ring" }),
      element("b", { text: place.label }),
      element("span", { text: "no track, why?" }),
    );
    button.type = "button";
    button.addEventListener("click", () => this.actions.choosePlace(place));
    this.buttons.set(place.label, button);
    this.host.append(element("li", {}, button));
    return button;
  }

  private forget(label: string): void {
    this.sinceMs.delete(label);
    this.buttons.get(label)?.parentElement?.remove();
    this.buttons.delete(label);
  }
}

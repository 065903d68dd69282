import { type AlarmClock, nowMsOf, scheduleInMs } from "@skyvox/core";
import type { Scheduler } from "./scheduler.ts";
import type { SchedulerAction, SchedulerEvent } from "./scheduler-events.ts";

/**
 * Runs a scheduler by a clock: hands it events one after the other, also those that an action itself brings about, and wakes it when a time
 * limit of its own is due.
 */
export class SchedulerShell {
  readonly #scheduler: Scheduler;
  readonly #clock: AlarmClock;
  readonly #perform: (action: SchedulerAction, nowMs: number) => void;
  readonly #events: SchedulerEvent[] = [];
  #isStepping = false;
  #alarm: { readonly atMs: number; readonly cancel: () => void } | null = null;
  #isClosed = false;

  constructor(scheduler: Scheduler, clock: AlarmClock, perform: (action: SchedulerAction, nowMs: number) => void) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#perform = perform;
  }

  /** Hands an event on; when this returns, all it brought about has been asked for. After the close nothing is. */
  tell(event: SchedulerEvent): void {
    if (this.#isClosed) return;
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const nowMs = nowMsOf(this.#clock);
      for (const action of this.#scheduler.step(nowMs, next)) this.#perform(action, nowMs);
    }
    this.#isStepping = false;
    this.#setAlarm();
  }

  /** Ends it: no alarm, no action any more. */
  close(): void {
    this.#isClosed = true;
    this.#alarm?.cancel();
  }

  /** An alarm that is too early stays: it finds nothing to do and sets the next. */
  #setAlarm(): void {
    const atMs = this.#scheduler.nextTickMs;
    if (atMs === null || (this.#alarm !== null && this.#alarm.atMs <= atMs)) return;
    this.#alarm?.cancel();
    const cancel = scheduleInMs(this.#clock, atMs - nowMsOf(this.#clock), () => {
      this.#alarm = null;
      this.tell({ type: "tick" });
    });
    this.#alarm = { atMs, cancel };
  }
}

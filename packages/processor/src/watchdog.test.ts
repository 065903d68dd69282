import { expect, test } from "bun:test";
import { Watchdog } from "./watchdog.ts";

const every100 = { tickMs: 100, silenceMsMax: 400 };

test("Watchdog names a silent worker once, after the silence it allows", () => {
  const watchdog = new Watchdog<string>(every100);
  watchdog.hear("a");
  watchdog.hear("b");
  const named = [0, 100, 200, 300, 400, 500].map((nowMs) => {
    if (nowMs <= 300) watchdog.hear("b");
    return watchdog.tick(nowMs);
  });
  expect(named).toEqual([[], [], [], [], ["a"], []]);
  expect(watchdog.tick(600)).toEqual([]);
  expect(watchdog.tick(700)).toEqual(["b"]);
});

test("Watchdog does not take its own sleep for the silence of others", () => {
  const watchdog = new Watchdog<string>(every100);
  watchdog.hear("a");
  watchdog.tick(0);
  // It was held up for a minute; what "a" said meanwhile is heard after this tick.
  expect(watchdog.tick(60_000)).toEqual([]);
  watchdog.hear("a");
  expect([60_100, 60_200, 60_300, 60_400].map((nowMs) => watchdog.tick(nowMs))).toEqual([[], [], [], []]);
  expect(watchdog.tick(60_500)).toEqual(["a"]);
});

test("Watchdog says nothing of a worker it was told to forget", () => {
  const watchdog = new Watchdog<string>(every100);
  watchdog.hear("a");
  watchdog.tick(0);
  watchdog.forget("a");
  expect([200, 400, 600].map((nowMs) => watchdog.tick(nowMs))).toEqual([[], [], []]);
});

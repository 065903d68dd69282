import { expect, test } from "bun:test";
import { HandHistory, stepAt } from "../../test/hand-history.ts";
import { LiveState } from "./live-state.ts";
import { CHUNKS_MAX, Replay } from "./replay.ts";
import { TRAIL_S } from "./trail.ts";

function begun(): { history: HandHistory; state: LiveState; replay: Replay } {
  const history = new HandHistory();
  const state = new LiveState();
  state.take(stepAt(60), 0);
  return { history, state, replay: new Replay(state, history) };
}

/** Times of the trail that a state holds of the one track. */
function trailOf(state: LiveState): [number, number] {
  const trail = state.tracks.get(5)?.trail;
  return trail ? [trail.timeS(0), trail.timeS(trail.count - 1)] : [Number.NaN, Number.NaN];
}

test("A jump shows the time asked for with a whole trail, and what was shown until it is there", async () => {
  const { history, state, replay } = begun();
  replay.seek(25);
  replay.frame(1_000, 60);
  expect(history.asked).toEqual(["10 20", "20 30"]);
  expect(state.timeS).toBe(60);
  await history.answer();
  replay.frame(1_016, 60);
  expect(state.timeS).toBe(25);
  expect(state.tracks.get(5)?.now.positionM).toEqual([25, 0, 0]);
  const [first, last] = trailOf(state);
  expect(last).toBe(25);
  expect(first).toBeGreaterThanOrEqual(25 - TRAIL_S);
  expect(first).toBeLessThan(25 - TRAIL_S + 0.3);
});

test("Playing goes as fast as the clock, and fetches one chunk ahead", async () => {
  const { history, state, replay } = begun();
  replay.seek(25);
  replay.frame(0, 60);
  await history.answer();
  replay.frame(100, 60);
  replay.playing = true;
  for (let nowMs = 200; nowMs <= 2_100; nowMs += 100) replay.frame(nowMs, 60);
  expect(replay.atS).toBeCloseTo(27, 9);
  expect(state.timeS).toBeCloseTo(27, 9);
  expect(history.asked).toEqual(["10 20", "20 30", "30 40"]);
  replay.playing = false;
  replay.frame(3_000, 60);
  expect(replay.atS).toBeCloseTo(27, 9);
});

test("Playing waits for what is not there yet and then goes on from there", async () => {
  const { history, state, replay } = begun();
  replay.seek(29.95);
  replay.frame(0, 60);
  await history.answer();
  replay.frame(100, 60);
  replay.playing = true;
  replay.frame(200, 60);
  replay.frame(300, 60);
  // 30.15 s lies in a chunk that has not come: the state stays, and nothing is skipped once it is there.
  expect(state.timeS).toBe(29.9);
  await history.answer();
  replay.frame(400, 60);
  expect(state.timeS).toBeCloseTo(30.2, 9);
  expect(trailOf(state)[1]).toBeCloseTo(30.2, 9);
});

test("A page that rested does not leap", async () => {
  const { history, replay } = begun();
  replay.seek(25);
  replay.frame(0, 60);
  await history.answer();
  replay.frame(100, 60);
  replay.playing = true;
  replay.frame(60_000, 60);
  expect(replay.atS).toBe(25.25);
});

test("A small step on is played through, a step back begins anew", async () => {
  const { history, state, replay } = begun();
  replay.seek(25);
  replay.frame(0, 60);
  await history.answer();
  replay.frame(1, 60);
  const track = state.tracks.get(5);
  replay.seek(26);
  replay.frame(2, 60);
  expect(state.timeS).toBe(26);
  expect(state.tracks.get(5)).toBe(track as NonNullable<typeof track>);
  replay.seek(25);
  replay.frame(3, 60);
  expect(state.timeS).toBe(25);
  expect(state.tracks.get(5)).not.toBe(track as NonNullable<typeof track>);
  expect(history.asked).toEqual(["10 20", "20 30"]);
});

test("What is fetched at the end of the time line is fetched again when the line has grown past it", async () => {
  const { history, state, replay } = begun();
  history.lastS = 55;
  replay.seek(54);
  replay.frame(0, 55);
  await history.answer();
  replay.frame(1, 55);
  expect(state.timeS).toBe(54);
  history.lastS = 58;
  replay.seek(56);
  replay.frame(2, 58);
  expect(history.asked.slice(2)).toEqual(["50 60"]);
  await history.answer();
  replay.frame(3, 58);
  expect(state.timeS).toBe(56);
});

test("A node that does not answer is asked again after a while, and the page says why it waits", async () => {
  const { history, state, replay } = begun();
  history.refusing = true;
  replay.seek(5);
  replay.frame(0, 60);
  await history.answer();
  expect(replay.problem).toBe("Cannot look back: the node answers 500");
  replay.frame(1_000, 60);
  const before = history.asked.length;
  replay.frame(1_499, 60);
  expect(history.asked).toHaveLength(before);
  history.refusing = false;
  replay.frame(1_500, 60);
  await history.answer();
  replay.frame(1_600, 60);
  expect([state.timeS, replay.problem]).toEqual([5, null]);
});

test("An answer about a run that is over is not kept", async () => {
  const { history, state, replay } = begun();
  replay.seek(25);
  replay.frame(0, 60);
  replay.clear();
  await history.answer();
  replay.frame(10, 60);
  expect(state.timeS).toBe(60);
  expect(history.asked).toHaveLength(4);
});

test("However long a person looks around, a bounded number of chunks is kept", async () => {
  const { history, state, replay } = begun();
  history.lastS = 1_000;
  for (let timeS = 15; timeS < 1_000; timeS += 10) {
    replay.seek(timeS);
    replay.frame(timeS, 1_000);
    await history.answer();
    replay.frame(timeS + 1, 1_000);
    expect(state.timeS).toBe(timeS);
  }
  const asked = history.asked.length;
  replay.seek(1_000 - 10 * (CHUNKS_MAX - 2));
  replay.frame(2_000, 1_000);
  expect(history.asked).toHaveLength(asked);
  replay.seek(15);
  replay.frame(2_001, 1_000);
  expect(history.asked.length).toBeGreaterThan(asked);
});

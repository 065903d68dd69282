import { describe, expect, test } from "bun:test";
import { cameraId, SkyvoxError } from "@skyvox/core";
import type { FrameSetItem } from "./frame-set-camera.ts";
import { type FrameSet, FrameSetAssembler } from "./frame-sets.ts";

const MS = 1_000_000n;

function item(camera: string, timeMs: number): FrameSetItem {
  return { cameraId: cameraId(camera), captureNs: BigInt(Math.round(timeMs * 1e6)), timeSigmaNs: 1e6 };
}

/** Capture times in milliseconds, by camera. */
type Recording = Readonly<Record<string, readonly number[]>>;

function every(periodMs: number, count: number, startMs = 0): number[] {
  return Array.from({ length: count }, (_, index) => startMs + index * periodMs);
}

/** Members as `a0 b8`: camera and capture time in milliseconds. */
function shown(set: FrameSet<FrameSetItem>): string {
  const members = set.members.map((member) => `${member.cameraId}${Number(member.captureNs) / 1e6}`);
  return [...members, ...set.missing.map((id) => `-${id}`)].join(" ");
}

interface Assembled {
  readonly sets: FrameSet<FrameSetItem>[];
  readonly assembler: FrameSetAssembler<FrameSetItem>;
}

/** Assembles a recording, one camera after the other. */
function assemble(recording: Recording, gateMs?: number): Assembled {
  const cameras = Object.keys(recording).map(cameraId);
  const gate = gateMs === undefined ? {} : { gateMs };
  const assembler = new FrameSetAssembler<FrameSetItem>({ cameras, ...gate, deadlineMs: null });
  const sets: FrameSet<FrameSetItem>[] = [];
  for (const [camera, times] of Object.entries(recording)) {
    for (const time of times) sets.push(...assembler.push(0n, item(camera, time)));
    sets.push(...assembler.end(cameraId(camera), 0n));
  }
  return { sets, assembler };
}

describe("Frame sets of a recording", () => {
  test("hold one frame of each camera of one rate, whatever their phases", () => {
    const { sets } = assemble({ a: every(16, 10), b: every(16, 10, 6), c: every(16, 10, -7) });
    expect(sets.map(shown)).toEqual(every(16, 10).map((time) => `a${time} b${time + 6} c${time - 7}`));
    expect(sets.map(({ setId }) => setId)).toEqual(every(1, 10));
  });

  test("carry the mean capture time and the spread", () => {
    const { sets } = assemble({ a: every(10, 9), b: every(10, 9, 3), c: every(10, 9, 4.5) });
    // (0 + 3 + 4.5) / 3 = 2.5 ms.
    expect(sets[0]).toMatchObject({ timeNs: 2_500_000n, spreadNs: 4_500_000n });
  });

  test("follow the fastest camera: none of its frames is lost, slower ones join where theirs fall", () => {
    const { sets, assembler } = assemble({ slow: every(25, 9), fast: every(10, 21) });
    // 0, 25, 50, …: the cell of the instant t ends at t + 5, so 25 belongs to 20, 75 to 70.
    expect(sets.slice(0, 9).map(shown)).toEqual([
      "slow0 fast0",
      "fast10",
      "slow25 fast20",
      "fast30",
      "fast40",
      "slow50 fast50",
      "fast60",
      "slow75 fast70",
      "fast80",
    ]);
    expect(sets.length).toBe(21);
    expect(assembler.counts(cameraId("fast"))).toEqual({ paired: 21, missing: 0, late: 0, surplus: 0, outOfGate: 0 });
    expect(assembler.counts(cameraId("slow"))).toEqual({ paired: 9, missing: 0, late: 0, surplus: 0, outOfGate: 0 });
  });

  test("go on where the fastest camera lost frames, and name it as missing", () => {
    const lost = [40, 50, 110];
    const a = every(10, 20).filter((time) => !lost.includes(time));
    const { sets, assembler } = assemble({ a, b: every(10, 20, 2) });
    const expected = every(10, 20).map((time) => (lost.includes(time) ? `b${time + 2} -a` : `a${time} b${time + 2}`));
    expect(sets.map(shown)).toEqual(expected);
    expect(assembler.counts(cameraId("a")).missing).toBe(3);
    expect(assembler.counts(cameraId("b")).missing).toBe(0);
  });

  test("name a slow camera as missing only where it lost a frame", () => {
    const { sets, assembler } = assemble({ fast: every(10, 40), slow: every(30, 13).filter((time) => time !== 300) });
    expect(sets.filter(({ missing }) => missing.length > 0).map(shown)).toEqual(["fast300 -slow"]);
    expect(assembler.counts(cameraId("slow")).missing).toBe(1);
  });

  test("begin with the first camera and end with the last", () => {
    const { sets } = assemble({ late: every(10, 10, 30), early: every(10, 6, 2), long: every(10, 14, 1) });
    expect(sets.map(shown)).toEqual([
      "early2 long1",
      "early12 long11",
      "early22 long21",
      "late30 early32 long31",
      "late40 early42 long41",
      "late50 early52 long51",
      ...[60, 70, 80, 90, 100, 110, 120].map((time) => `late${time} long${time + 1}`),
      "long131",
    ]);
  });

  test("let a fast camera begin amid slower ones without losing its first frames", () => {
    const { sets } = assemble({ slow: every(80, 3, -192), fast: every(8, 12) });
    // The cell of -32 would reach to 8, but ends at -4: half a period before the fast camera's first frame.
    expect(sets.slice(0, 5).map(shown)).toEqual(["slow-192", "slow-112", "slow-32", "fast0", "fast8"]);
  });

  test("make no instants where nobody delivers", () => {
    const times = [...every(10, 10), ...every(10, 10, 1_000_000)];
    const { sets } = assemble({ a: times, b: times.map((time) => time + 1) });
    expect(sets.map(shown)).toEqual(times.map((time) => `a${time} b${time + 1}`));
  });

  test("leave out frames beyond the gate and count them", () => {
    const b = every(10, 10, 1).with(4, 44);
    const { sets, assembler } = assemble({ a: every(10, 10), b }, 2);
    expect(sets.map(shown)).toEqual(every(10, 10).map((time) => (time === 40 ? "a40" : `a${time} b${time + 1}`)));
    expect(assembler.counts(cameraId("b"))).toEqual({ paired: 9, missing: 0, late: 0, surplus: 0, outOfGate: 1 });
  });

  test("take the first of two frames in one cell and count the other", () => {
    const b = [...every(10, 5), 41, 42, ...every(10, 5, 50)];
    const { sets, assembler } = assemble({ a: every(10, 10), b });
    expect(sets.map(shown)).toEqual(every(10, 10).map((time) => `a${time} b${time}`));
    expect(assembler.counts(cameraId("b")).surplus).toBe(2);
  });

  test("never take a frame whose time does not rise", () => {
    const { sets, assembler } = assemble({ a: every(10, 10), b: [...every(10, 5), 40, 35, ...every(10, 5, 50)] });
    expect(sets.length).toBe(10);
    expect(assembler.counts(cameraId("b"))).toMatchObject({ paired: 10, late: 2 });
  });

  test("exist for a single camera, a single frame and none at all", () => {
    expect(assemble({ a: every(10, 3) }).sets.map(shown)).toEqual(["a0", "a10", "a20"]);
    expect(assemble({ a: [5], b: [6] }).sets.map(shown)).toEqual(["a5 b6"]);
    expect(assemble({ a: [], b: [] }).sets).toEqual([]);
    expect(assemble({ a: [], b: every(10, 10) }).sets.length).toBe(10);
  });

  test("keep nanoseconds at any epoch", () => {
    const epochNs = 1_763_899_200_123_456_789n;
    const cameras = ["a", "b"].map(cameraId);
    const assembler = new FrameSetAssembler<FrameSetItem>({ cameras, deadlineMs: null });
    for (let frame = 0n; frame < 10n; frame++) {
      for (const [at, id] of cameras.entries()) {
        const captureNs = epochNs + frame * 10n * MS + BigInt(at) * 4n;
        assembler.push(0n, { cameraId: id, captureNs, timeSigmaNs: 1 });
      }
    }
    const later = epochNs + 100n * MS;
    assembler.push(0n, { cameraId: cameraId("a"), captureNs: later, timeSigmaNs: 1 });
    const [set] = assembler.push(0n, { cameraId: cameraId("b"), captureNs: later + 4n, timeSigmaNs: 1 });
    expect(set).toMatchObject({ timeNs: later + 2n, spreadNs: 4n });
  });

  test("wait for the cameras that hold them up, and no others", () => {
    const cameras = ["a", "b"].map(cameraId);
    const assembler = new FrameSetAssembler<FrameSetItem>({ cameras, deadlineMs: null });
    expect(assembler.waitingFor()).toEqual(cameras);
    for (const time of every(10, 20)) expect(assembler.push(0n, item("a", time))).toEqual([]);
    expect(assembler.waitingFor()).toEqual([cameraId("b")]);
    for (const time of every(10, 9)) assembler.push(0n, item("b", time));
    expect(assembler.waitingFor()).toEqual([cameraId("b")]);
    expect(assembler.end(cameraId("b"), 0n).length).toBe(11);
    expect(assembler.waitingFor()).toEqual([cameraId("a")]);
    expect(assembler.finish()).toEqual([]);
    expect(assembler.waitingFor()).toEqual([]);
  });

  test("close as soon as the last member is in", () => {
    const assembler = new FrameSetAssembler<FrameSetItem>({ cameras: ["a", "b"].map(cameraId), deadlineMs: null });
    for (const time of every(10, 9)) for (const camera of ["a", "b"]) assembler.push(0n, item(camera, time));
    expect(assembler.push(0n, item("b", 91))).toEqual([]);
    expect(assembler.push(0n, item("a", 90)).map(shown)).toEqual(["a90 b91"]);
  });

  test("refuse to queue without end for a camera that is minutes behind", () => {
    const assembler = new FrameSetAssembler<FrameSetItem>({ cameras: ["a", "b"].map(cameraId), deadlineMs: null });
    const fill = () => {
      for (const time of every(10, 10_000)) assembler.push(0n, item("a", time));
    };
    expect(fill).toThrow(
      new SkyvoxError(
        "capacity",
        'Cannot pair the frames of camera "a": 8192 of them wait for "b", need clock offsets that bring the cameras together',
      ),
    );
  });
});

/** A live rig on a clock of its own: what is pushed at which instant. */
class LiveRig {
  readonly assembler: FrameSetAssembler<FrameSetItem>;

  constructor(cameras: readonly string[], periodsMs: Recording) {
    this.assembler = new FrameSetAssembler<FrameSetItem>({ cameras: cameras.map(cameraId), deadlineMs: 50 });
    const first = Object.entries(periodsMs).flatMap(([camera, times]) => times.map((time) => ({ camera, time })));
    for (const { camera, time } of first.toSorted((a, b) => a.time - b.time)) this.push(time, camera, time);
  }

  push(nowMs: number, camera: string, timeMs: number): string[] {
    return this.assembler.push(BigInt(nowMs) * MS, item(camera, timeMs)).map(shown);
  }

  poll(nowMs: number): string[] {
    return this.assembler.poll(BigInt(nowMs) * MS).map(shown);
  }

  counts(camera: string): ReturnType<FrameSetAssembler<FrameSetItem>["counts"]> {
    return this.assembler.counts(cameraId(camera));
  }
}

describe("Frame sets of live cameras", () => {
  const cameras = ["a", "b"];
  const learned = { a: every(20, 10), b: every(20, 10) };

  test("close at the deadline without the frame that did not come, and count it when it does", () => {
    const rig = new LiveRig(cameras, learned);
    expect(rig.push(200, "a", 200)).toEqual([]);
    expect(rig.poll(249)).toEqual([]);
    expect(rig.poll(250)).toEqual(["a200 -b"]);
    expect(rig.push(251, "b", 200)).toEqual([]);
    expect(rig.counts("b")).toEqual({ paired: 10, missing: 0, late: 1, surplus: 0, outOfGate: 0 });
  });

  test("do not wait again for a camera that went silent, until it delivers", () => {
    const rig = new LiveRig(cameras, learned);
    rig.push(200, "a", 200);
    rig.poll(250);
    expect(rig.push(251, "a", 220)).toEqual(["a220 -b"]);
    expect(rig.push(252, "a", 240)).toEqual(["a240 -b"]);
    expect(rig.push(260, "b", 260)).toEqual([]);
    expect(rig.push(261, "a", 260)).toEqual(["a260 b260"]);
    expect(rig.push(280, "a", 280)).toEqual([]);
    expect(rig.push(281, "b", 280)).toEqual(["a280 b280"]);
  });

  test("do not wait for a camera of which is said that it is silent, until it delivers", () => {
    const rig = new LiveRig(cameras, learned);
    expect(rig.push(200, "a", 200)).toEqual([]);
    expect(rig.assembler.silence(cameraId("b"), 201n * MS).map(shown)).toEqual(["a200 -b"]);
    expect(rig.push(220, "a", 220)).toEqual(["a220 -b"]);
    expect(rig.push(240, "b", 240)).toEqual([]);
    expect(rig.push(241, "a", 240)).toEqual(["a240 b240"]);
    expect(rig.push(260, "a", 260)).toEqual([]);
  });

  test("go on by the others when the reference goes silent", () => {
    const rig = new LiveRig(cameras, learned);
    expect(rig.push(203, "b", 203)).toEqual([]);
    expect(rig.poll(253)).toEqual(["b203 -a"]);
    expect(rig.push(254, "b", 223)).toEqual(["b223 -a"]);
  });

  test("do not wait for a slow camera between its frames", () => {
    const rig = new LiveRig(cameras, { a: every(20, 40), b: every(80, 10) });
    // b's last frame was at 720, its next is due at 800: the sets at 780 and before closed at once.
    expect(rig.counts("a").paired).toBe(40);
    expect(rig.push(800, "a", 800)).toEqual([]);
    expect(rig.push(801, "b", 800)).toEqual(["a800 b800"]);
    expect(rig.push(820, "a", 820)).toEqual(["a820"]);
  });

  test("begin after a second even if a camera never delivers", () => {
    const assembler = new FrameSetAssembler<FrameSetItem>({ cameras: cameras.map(cameraId), deadlineMs: 50 });
    for (const time of every(20, 10)) expect(assembler.push(BigInt(time) * MS, item("a", time))).toEqual([]);
    expect(assembler.poll(999n * MS)).toEqual([]);
    expect(assembler.poll(1000n * MS).map(shown)).toEqual(every(20, 10).map((time) => `a${time} -b`));
  });
});

import { describe, expect, test } from "bun:test";
import type { BackendName } from "@skyvox/kernels";
import {
  askedFor,
  chooseBackend,
  nextBackend,
  type ProbeAnswer,
  type Selection,
  type WorkerEnd,
} from "./kernel-choice.ts";

const yes = (backend: BackendName, stepMs: number): ProbeAnswer => ({
  backend,
  report: { ok: true, reason: "gives the reference's bits", device: `a ${backend}`, stepMs },
  from: "probe",
});
const no = (backend: BackendName, reason: string): ProbeAnswer => ({
  backend,
  report: { ok: false, reason },
  from: "probe",
});
const crash = (atMs: number): WorkerEnd => ({ kind: "crashed", why: "signal SIGKILL", atMs });
const loss = (atMs: number): WorkerEnd => ({ kind: "lost", why: "it fell off the bus", atMs });
const refusal = (atMs: number): WorkerEnd => ({ kind: "refused", why: "no memory", atMs });

/** Backends that run after one end after another; null where the run ends. */
function runAfter(first: Selection, ends: readonly WorkerEnd[]): (BackendName | null)[] {
  let selection: Selection | null = first;
  return ends.map((end) => {
    selection = selection && nextBackend(selection, end);
    return selection?.backend ?? null;
  });
}

describe("A backend is chosen", () => {
  test("by its time among those that work, whatever their names", () => {
    const { backend, reason } = chooseBackend([yes("cuda", 4), no("wgsl", "no Vulkan"), yes("cpu", 3)], "auto");
    expect([backend, reason]).toEqual(["cpu", "the fastest that gives the reference's bits"]);
    expect(chooseBackend([yes("cuda", 1), yes("cpu", 3)], "auto").backend).toBe("cuda");
  });

  test("as the reference where no other works, which needs no asking", () => {
    const answers = [no("cuda", "no driver"), no("wgsl", "no Vulkan"), no("cpu", "its voxels differ")];
    expect(askedFor("auto")).toEqual(["cuda", "wgsl", "cpu"]);
    expect(chooseBackend(answers, "auto")).toMatchObject({
      backend: "reference",
      reason: "no other backend works here",
    });
  });

  test("by name, or refused with what it said", () => {
    expect(askedFor("wgsl")).toEqual(["wgsl"]);
    expect(chooseBackend([yes("wgsl", 900)], "wgsl")).toMatchObject({
      backend: "wgsl",
      reason: "asked for by --kernels wgsl",
    });
    expect(() => chooseBackend([no("cuda", "no driver, need one")], "cuda")).toThrow(
      'Cannot use kernels "cuda": no driver, need one',
    );
  });
});

describe("After a worker's end", () => {
  const chosen = chooseBackend([yes("cuda", 1), yes("wgsl", 2), yes("cpu", 3)], "auto");

  test("a crash gets one more try, a second within a minute the next fastest", () => {
    expect(runAfter(chosen, [crash(0), crash(59_999)])).toEqual(["cuda", "wgsl"]);
    expect(runAfter(chosen, [crash(0), crash(60_000), crash(119_999)])).toEqual(["cuda", "cuda", "wgsl"]);
  });

  test("a lost device and one that does not open give way at once, in the order of their times", () => {
    expect(runAfter(chosen, [loss(0), refusal(1), loss(2)])).toEqual(["wgsl", "cpu", "reference"]);
  });

  test("the tries of one backend do not count against the next", () => {
    expect(runAfter(chosen, [crash(0), loss(1), crash(2), crash(3)])).toEqual(["cuda", "wgsl", "wgsl", "cpu"]);
  });

  test("nothing is left when the reference has failed too", () => {
    const only = chooseBackend([no("cuda", "no driver"), yes("cpu", 3)], "auto");
    expect(runAfter(only, [crash(0), crash(1), crash(2), crash(3)])).toEqual(["cpu", "reference", "reference", null]);
  });

  test("the reason says what happened and what goes on", () => {
    const lost = nextBackend(chosen, loss(0));
    expect(lost?.reason).toBe("cuda lost its device: it fell off the bus; went on with wgsl");
    expect([...(lost?.givenUp ?? [])]).toEqual([["cuda", "cuda lost its device: it fell off the bus"]]);
    expect(nextBackend(chosen, crash(0))?.reason).toBe("the cuda worker ended with signal SIGKILL; went on with cuda");
    expect(nextBackend(chosen, refusal(0))?.reason).toBe("cuda could not be opened: no memory; went on with wgsl");
  });

  test("a backend asked for by name is opened again, six ends within a minute are too many", () => {
    const named = chooseBackend([yes("wgsl", 2)], "wgsl");
    const ends = [loss(0), crash(1), loss(2), loss(3), crash(4), loss(5)];
    expect(runAfter(named, ends)).toEqual(["wgsl", "wgsl", "wgsl", "wgsl", "wgsl", null]);
    expect(runAfter(named, [...ends.slice(0, 5), loss(60_001)])[5]).toBe("wgsl");
  });

  test("a backend asked for by name that does not open again is not replaced", () => {
    expect(runAfter(chooseBackend([yes("wgsl", 2)], "wgsl"), [loss(0), refusal(1)])).toEqual(["wgsl", null]);
  });
});

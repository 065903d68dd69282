import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Candidate, chooseWorker, finishMs, policyNames, specificationScore } from "./balance.ts";
import { workerId } from "./task.ts";

function candidate(id: string, fields: Partial<Candidate> = {}): Candidate {
  return {
    ...{ workerId: workerId(id), isFree: true, taskCount: 0, slotCount: 4, queuedMs: 0, taskMs: 10, transferMs: 0 },
    ...{ movedCameraMs: 0, averageMs: 10, gpuMemoryBytesFree: 0, ...fields },
  };
}

const choose = (policy: (typeof policyNames)[number], candidates: Candidate[], cursor = 0) => {
  const choice = chooseWorker(policy, candidates, { priority: 0, cursor });
  return choice === null ? null : (candidates[choice.index]?.workerId as string);
};

describe("Round robin", () => {
  const three = [candidate("a"), candidate("b", { isFree: false }), candidate("c")];

  test("takes the next worker with room, from the cursor and round", () => {
    expect([0, 1, 2].map((cursor) => choose("round-robin", three, cursor))).toEqual(["a", "c", "c"]);
  });

  test("takes nobody where nobody has room", () => {
    expect(choose("round-robin", [candidate("a", { isFree: false })])).toBeNull();
    expect(choose("round-robin", [])).toBeNull();
  });
});

describe("Least loaded", () => {
  test("takes the worker with room and the smallest share of its slots taken", () => {
    const full = candidate("full", { isFree: false });
    const half = candidate("half", { taskCount: 2 });
    const third = candidate("third", { taskCount: 2, slotCount: 6 });
    expect(choose("least-loaded", [full, half, third])).toBe("third");
  });

  test("breaks ties by fewer tasks, then more free device memory, then order", () => {
    const a = candidate("a", { taskCount: 2, slotCount: 4 });
    const b = candidate("b", { taskCount: 1, slotCount: 2 });
    const c = candidate("c", { taskCount: 1, slotCount: 2, gpuMemoryBytesFree: 9 });
    expect(choose("least-loaded", [a, b, c])).toBe("c");
    expect(choose("least-loaded", [a, b, b])).toBe("b");
  });
});

describe("Weighted", () => {
  test("takes the worker that would be done first, also one without room", () => {
    const slow = candidate("slow", { taskMs: 40 });
    const busy = candidate("busy", { isFree: false, taskCount: 4, queuedMs: 25, taskMs: 10 });
    expect(choose("weighted", [slow, busy])).toBe("busy");
    expect(choose("weighted", [slow, { ...busy, queuedMs: 31 }])).toBe("slow");
  });

  test("weighs transfer and the move of a camera against the queue", () => {
    const home = candidate("home", { queuedMs: 12, taskCount: 1 });
    expect(choose("weighted", [home, candidate("away", { movedCameraMs: 13 })])).toBe("home");
    expect(choose("weighted", [home, candidate("away", { movedCameraMs: 7, transferMs: 4 })])).toBe("away");
  });

  test("says what was second best", () => {
    const candidates = [30, 10, 20].map((queuedMs, i) => candidate(`${i}`, { queuedMs }));
    expect(chooseWorker("weighted", candidates, { priority: 0, cursor: 0 })).toEqual({
      ...{ index: 1, score: 20, runnerUp: { index: 2, score: 30 } },
    });
  });
});

describe("The specification's formula", () => {
  test("is load - 1 / average + priority with times in seconds", () => {
    expect(specificationScore(candidate("a", { taskCount: 2, averageMs: 10 }), 3)).toBe(0.5 - 100 + 3);
  });

  test("puts a new worker first and lets speed outweigh every load", () => {
    const idle = candidate("idle", { averageMs: 20 });
    const loaded = candidate("loaded", { averageMs: 19, taskCount: 3 });
    expect(choose("specification", [idle, loaded])).toBe("loaded");
    expect(choose("specification", [idle, loaded, candidate("new", { averageMs: null, taskCount: 3 })])).toBe("new");
  });
});

test("Every rule but the weighted chooses a worker with room wherever there is one", () => {
  const any = fc.record({ isFree: fc.boolean(), queuedMs: fc.nat(100), taskMs: fc.nat(100), taskCount: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 12 }), fc.constantFrom(...policyNames), fc.nat(11), (fields, policy, at) => {
      const candidates = fields.map((given, i) => candidate(`${i}`, given));
      const cursor = candidates.length === 0 ? 0 : at % candidates.length;
      const choice = chooseWorker(policy, candidates, { priority: 0, cursor });
      if (policy === "weighted") {
        const best = Math.min(...candidates.map(finishMs));
        expect(choice?.score ?? Number.POSITIVE_INFINITY).toBe(best);
      } else if (choice === null) expect(candidates.some(({ isFree }) => isFree)).toBe(false);
      else expect(candidates[choice.index]?.isFree).toBe(true);
    }),
  );
});

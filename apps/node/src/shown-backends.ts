import type { ProbeAnswer, Selection } from "./kernel-choice.ts";
import type { BackendAnswer, Backends } from "./node-view.ts";

/** Shows a selection to those outside: which backend runs, on what and why, and what each one answered. */
export function shownBackends(selection: Selection, device: string): Backends {
  const { backend, reason, answers } = selection;
  const backends = answers.map((answer) => shownAnswer(selection, answer));
  if (answers.every((answer) => answer.backend !== "reference")) {
    const isChosen = backend === "reference";
    const unasked = isChosen ? reason : selection.givenUp.get("reference");
    const report = { ok: true, reason: unasked ?? "the truth the others are checked against" };
    backends.push({ backend: "reference", chosen: isChosen, ...report });
  }
  return { runs: { backend, device, reason }, backends };
}

/** Says in one line what a backend answered. */
export function answerLine({ backend, ok, reason, device, stepMs, from }: BackendAnswer): string {
  const found = [device, stepMs === undefined ? undefined : `${stepMs.toFixed(1)} ms a step`].filter(
    (part) => part !== undefined,
  );
  const on = found.length === 0 ? "" : ` (${found.join(", ")})`;
  return `${backend}: ${ok ? "" : "no: "}${reason}${on}${from === "cache" ? ", as known from an earlier start" : ""}`;
}

function shownAnswer(
  { backend, reason, givenUp }: Selection,
  { backend: name, report, from }: ProbeAnswer,
): BackendAnswer {
  const { ok, device, stepMs } = report;
  const isChosen = name === backend;
  return {
    backend: name,
    ok,
    chosen: isChosen,
    reason: isChosen ? reason : (givenUp.get(name) ?? report.reason),
    ...(device === undefined ? {} : { device }),
    ...(stepMs === undefined ? {} : { stepMs }),
    from,
  };
}

/**
 * What must hold in every run, whatever goes wrong. A breach ends the run.
 */
import type { Owner } from "@skyvox/cluster";
import { INBOX_MAX, type SimProcess } from "./sim-process.ts";

/** Thrown where something that must hold does not. */
export class Breach extends Error {
  override readonly name = "Breach";
}

/** Watches a world. */
export class Invariants {
  /** The owner that each life obeyed last. */
  readonly #obeyed = new Map<string, Owner>();

  /** A life obeys one owner per epoch, and never one of an earlier epoch again. */
  checkObedience({ name, node }: SimProcess): void {
    const { life, obeys } = node;
    const before = this.#obeyed.get(life);
    if (obeys === null || obeys === before) return;
    this.#obeyed.set(life, obeys);
    if (before === undefined || obeys.epoch > before.epoch) return;
    if (obeys.epoch === before.epoch && obeys.holder === before.holder) return;
    const now = `epoch ${obeys.epoch} of ${obeys.holder}`;
    throw new Breach(`${name} obeys ${now} after epoch ${before.epoch} of ${before.holder}`);
  }

  /** No camera is in use by two processes; looked at whenever one may have come to use more. */
  checkExclusive(worldMs: number, process: SimProcess, all: readonly SimProcess[]): void {
    const held = new Set(process.node.holds(process.localMs(worldMs)));
    if (held.size === 0) return;
    for (const other of all) {
      if (other === process || !other.isRunning) continue;
      const twice = other.node.holds(other.localMs(worldMs)).find((id) => held.has(id));
      if (twice !== undefined) throw new Breach(`camera ${twice} is in use by ${process.name} and ${other.name}`);
    }
  }

  checkBounds(process: SimProcess): void {
    if (process.inbox.length <= INBOX_MAX) return;
    throw new Breach(`${process.inbox.length} events wait for ${process.name}, the limit is ${INBOX_MAX}`);
  }
}

/** Says what is not whole: a leader that all obey, and every camera in use once; null where all is. */
export function whatIsMissing(worldMs: number, processes: readonly SimProcess[], cameras: number): string | null {
  const running = processes.filter(({ isRunning }) => isRunning);
  const leaders = running.filter(({ node }) => node.office !== null);
  if (leaders.length !== 1) return `${leaders.length} nodes lead`;
  const epoch = leaders[0]!.node.office?.owner.epoch;
  const astray = running.find(({ node }) => node.obeys?.epoch !== epoch);
  if (astray !== undefined) return `${astray.name} obeys epoch ${astray.node.obeys?.epoch}, in force is ${epoch}`;
  const inUse = new Set(running.flatMap((process) => process.node.holds(process.localMs(worldMs))));
  return inUse.size === cameras ? null : `${inUse.size} of ${cameras} cameras are in use`;
}

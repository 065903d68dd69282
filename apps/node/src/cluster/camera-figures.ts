/**
 * Figures of all cameras of a site, wherever they are observed: each node tells of its own five times a second, and all show all.
 *
 * While a camera moves two nodes tell of it; the later one counts.
 */
import type { Site } from "@skyvox/cameras";
import type { Fabric } from "@skyvox/cluster";
import type { CameraId } from "@skyvox/core";
import type { CameraReport } from "../worker-messages.ts";
import { camerasSchema, subjects } from "./line-messages.ts";
import { packParcel, unpackParcel } from "./parcel.ts";

/** Figures of a node that told nothing for this long are left out. */
const STALE_MS = 3000;
const TELL_MS = 200;

interface Told {
  readonly reports: readonly CameraReport[];
  readonly atMs: number;
}

/** Puts the reports of nodes together; see the head of this file. */
export class CameraFigures {
  readonly #site: Site;
  readonly #told = new Map<string, Told>();
  #saidMs = Number.NEGATIVE_INFINITY;
  #unreadable = 0;

  constructor(site: Site) {
    this.#site = site;
  }

  /** Messages that could not be read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** Hears what other nodes tell until the returned is disposed. */
  listen(fabric: Fabric, self: string): Disposable {
    return fabric.subscribe(subjects.cameras, ({ bytes }) => {
      const told = unpackParcel(bytes, camerasSchema)?.header;
      if (told === undefined) this.#unreadable += 1;
      else if (told.nodeId !== self) this.#take(told.nodeId, told.reports);
    });
  }

  /** Takes this node's own reports, and tells the others now and then. */
  tell(fabric: Fabric, self: string, reports: readonly CameraReport[]): void {
    this.#take(self, reports);
    const nowMs = performance.now();
    if (nowMs - this.#saidMs < TELL_MS) return;
    this.#saidMs = nowMs;
    fabric.publish(subjects.cameras, packParcel({ nodeId: self, reports }));
  }

  /** The node that told of a camera last; null where none does. */
  nodeOf(camera: CameraId): string | null {
    return this.#lastOf(camera)?.nodeId ?? null;
  }

  /** One report per camera of which somebody tells, in the order of the site, with what frame sets counted of it. */
  reports(counts: (camera: CameraId) => { readonly late: number; readonly missing: number }): CameraReport[] {
    return this.#site.cameras.flatMap(({ id }) => {
      const report = this.#lastOf(id)?.report;
      if (report === undefined) return [];
      const { late, missing } = counts(id);
      return [{ ...report, lateTotal: report.lateTotal + late, missingTotal: Math.max(report.missingTotal, missing) }];
    });
  }

  #take(nodeId: string, reports: readonly CameraReport[]): void {
    this.#told.set(nodeId, { reports, atMs: performance.now() });
  }

  #lastOf(camera: CameraId): { readonly nodeId: string; readonly report: CameraReport } | null {
    const nowMs = performance.now();
    let last: { nodeId: string; report: CameraReport; atMs: number } | null = null;
    for (const [nodeId, { reports, atMs }] of this.#told) {
      const report = reports.find(({ id }) => id === camera);
      if (report === undefined || nowMs - atMs > STALE_MS) continue;
      if (last === null || atMs > last.atMs) last = { nodeId, report, atMs };
    }
    return last;
  }
}

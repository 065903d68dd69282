import { type CameraId, RateMeter } from "@skyvox/core";
import type { CamerasMessage } from "@skyvox/dashboard";
import type { CameraReport } from "./worker-messages.ts";

type ShownCamera = CamerasMessage["cameras"][number];

/** Turns the worker's running totals into rates: frames a second that a camera gave, that were processed and that were skipped. */
export function cameraRates(ids: readonly CameraId[]): { shown(report: CameraReport, nowMs: number): ShownCamera } {
  const meters = new Map(ids.map((id) => [id, { processed: rateMeter(), skipped: rateMeter() }]));
  const totals = new Map<CameraId, CameraReport>();
  return {
    shown(report, nowMs) {
      const meter = meters.get(report.id);
      const before = totals.get(report.id);
      meter?.processed.mark(nowMs, Math.max(0, report.framesTotal - (before?.framesTotal ?? report.framesTotal)));
      meter?.skipped.mark(nowMs, Math.max(0, report.skippedTotal - (before?.skippedTotal ?? report.skippedTotal)));
      totals.set(report.id, report);
      const processedFps = meter?.processed.perSecond(nowMs) ?? 0;
      const skippedFps = meter?.skipped.perSecond(nowMs) ?? 0;
      return {
        id: report.id,
        state: report.state,
        ...(report.detail === undefined ? {} : { detail: report.detail }),
        cameraFps: processedFps + skippedFps,
        processedFps,
        skippedFps,
        missingFrames: report.missingTotal,
        lateFrames: report.lateTotal,
        motionPixels: report.motionPixels,
        flooded: report.flooded,
        blobs: report.blobs,
      };
    },
  };
}

function rateMeter(): RateMeter {
  return new RateMeter({ windowMs: 2000, capacity: 64 });
}

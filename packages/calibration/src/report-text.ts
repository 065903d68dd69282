/**
 * A calibration's report as lines for a terminal: what its frame rests on, a line per camera, held-out errors, the survey, warnings.
 *
 * Lengths in metres (errors in centimetres), times in seconds, angles in degrees; sigmas are one standard deviation per axis.
 */
import type { ErrorSummary } from "./path-score.ts";
import type { CalibrationReport, CameraReport } from "./report.ts";

const GAUGES = {
  control: "frame, scale and time are the control track's",
  survey: "frame and scale are the survey's, time is one camera's",
  distance: "scale is from the known distance, time is one camera's",
  speed: "scale is from the known speed, time is one camera's",
  none: "scale is unknown, time is one camera's",
} as const;

/** Writes the report. */
export function reportText(report: CalibrationReport): string {
  const lines = [
    GAUGES[report.gauge],
    "camera     median px  rms px  inliers  centre e, n, u m            sigma m  sigma deg  focal px  given  clock s at frame 0  rate      line us",
    ...report.cameras.map(cameraLine),
  ];
  const { heldOut, survey } = report;
  if (heldOut !== null) {
    lines.push(`held out, blocks of ${heldOut.blockS} s in ${heldOut.folds} folds, path smoothed by its spline:`);
    if (heldOut.control !== null) {
      lines.push(
        `  against control, two cameras or more (${percent(heldOut.control.coverage)} of rows): ${errors(heldOut.control.two)}`,
      );
      lines.push(`  against control, three or more: ${errors(heldOut.control.three)}`);
    }
    lines.push(`  median px per camera: ${heldOut.medianPx.map((value) => value.toFixed(2)).join(", ")}`);
  }
  if (survey !== null) {
    const rows = survey.cameras.map((camera, row) => `${camera} ${survey.errorsM[row]?.toFixed(2)}`).join(", ");
    const use = survey.isUsed ? "used" : "not used";
    lines.push(
      `survey (${use}, after a rigid fit) is off by m: ${rows}; rms ${survey.rmsM.toFixed(2)}, scale ${survey.scale.toFixed(5)}`,
    );
  }
  return [...lines, ...report.warnings.map((text) => `warning: ${text}`)].join("\n");
}

function cameraLine(camera: CameraReport): string {
  return [
    camera.id.padEnd(10),
    camera.medianPx.toFixed(2).padStart(9),
    camera.rmsPx.toFixed(2).padStart(7),
    percent(camera.inlierShare).padStart(8),
    ` ${camera.centreM.map((value) => value.toFixed(2)).join(", ")}`.padEnd(28),
    camera.centreSigmaM.toFixed(3).padStart(7),
    camera.angleSigmaDeg.toFixed(4).padStart(10),
    camera.focalPx[0].toFixed(1).padStart(9),
    `${camera.focalChange[0] >= 0 ? "+" : ""}${percent(camera.focalChange[0])}`.padStart(6),
    camera.offsetS.toFixed(3).padStart(19),
    ` ${camera.rate.toFixed(6)}`,
    camera.lineTimeUs.toFixed(1).padStart(8),
  ].join(" ");
}

function errors({ count, medianM, meanM, rmseM, p90M, p99M }: ErrorSummary): string {
  const cm = (metres: number) => (metres * 100).toFixed(1);
  return `${count} rows, median ${cm(medianM)}, mean ${cm(meanM)}, RMSE ${cm(rmseM)}, p90 ${cm(p90M)}, p99 ${cm(p99M)} cm`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

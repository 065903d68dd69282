import { type Detection, nsFromSeconds, type Vec3 } from "@skyvox/core";

/** One scan of a scenario file: its measurements as detections and where the targets truly were. */
export interface Scan {
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
  readonly truth: readonly Vec3[];
}

/** Reads rows `scan,kind,x,y,z` (millimetres; kind `z` measured, `t` true) as `data/s1.py` writes them: a scan every 0.1 s, sigma 0.5 m. */
export function parseScenario(text: string): readonly Scan[] {
  const scans: { timeNs: bigint; detections: Detection[]; truth: Vec3[] }[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const [number, kind, x, y, z] = line.split(",");
    const index = Number(number) - 1;
    scans[index] ??= { timeNs: nsFromSeconds((index + 1) / 10), detections: [], truth: [] };
    const scan = scans[index];
    const positionEnuM: Vec3 = [Number(x) / 1000, Number(y) / 1000, Number(z) / 1000];
    if (kind === "t") scan.truth.push(positionEnuM);
    else scan.detections.push(pointDetection(scan.timeNs, positionEnuM, 0.5));
  }
  return scans;
}

/** A detection of a point target with the same sigma on every axis, seen by four cameras. */
export function pointDetection(timeNs: bigint, positionEnuM: Vec3, sigmaM: number): Detection {
  const variance = sigmaM * sigmaM;
  return {
    timeNs,
    positionEnuM,
    covarianceM2: [variance, 0, 0, 0, variance, 0, 0, 0, variance],
    extentM: [0, 0, 0],
    cameraBits: 0b1111,
    cameraCount: 4,
    weight: 1000,
  };
}

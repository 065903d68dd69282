import { basename, extname } from "node:path";
import { SkyvoxError } from "@skyvox/core";
import { compareNaturally } from "./file-list.ts";

/**
 * Pairs each camera of a calibration with the file of its name: `cam01` with `clips/cam01.mp4`, letter case aside.
 *
 * Files of no camera are an error too: a name that matches nothing is more likely a slip than a spare.
 *
 * @returns the file of each camera, in natural order of the names.
 * @throws {SkyvoxError} "calibration" naming every camera without file and every file without camera.
 */
export function matchVideos(cameraNames: readonly string[], files: readonly string[]): Map<string, string> {
  const filesOf = Map.groupBy(files, (file) => stemOf(file));
  const doubled = [...filesOf.values()].find((same) => same.length > 1);
  if (doubled !== undefined) throw refusal(`${quoted(doubled)} have one name`, "one file for each camera");
  const wanted = new Set(cameraNames.map((name) => name.toLowerCase()));
  const lonelyCameras = cameraNames.filter((name) => !filesOf.has(name.toLowerCase()));
  const lonelyFiles = files.filter((file) => !wanted.has(stemOf(file)));
  if (lonelyCameras.length > 0 || lonelyFiles.length > 0) {
    const found = [
      ...(lonelyCameras.length > 0 ? [`no file for camera ${quoted(lonelyCameras)}`] : []),
      ...(lonelyFiles.length > 0 ? [`no camera for file ${quoted(lonelyFiles)}`] : []),
    ];
    throw refusal(found.join(" and "), "files named after the cameras of the calibration");
  }
  const pairs = cameraNames.toSorted(compareNaturally).map((name): [string, string] => {
    const [file = ""] = filesOf.get(name.toLowerCase()) ?? [];
    return [name, file];
  });
  return new Map(pairs);
}

function stemOf(file: string): string {
  return basename(file, extname(file)).toLowerCase();
}

function quoted(names: readonly string[]): string {
  return names
    .toSorted(compareNaturally)
    .map((name) => `"${name}"`)
    .join(", ");
}

function refusal(found: string, need: string): SkyvoxError {
  return new SkyvoxError("calibration", `Cannot match videos with cameras: ${found}, need ${need}`);
}

/**
 * The command `calibrate`: a site with poses, lenses and clocks from a draft or a site, labels of one moving target, and what else is known.
 *
 * The estimation is the business of `@skyvox/calibration`; this reads the files (`calibrate-files.ts`), shows progress and writes the site
 * (`calibrate-site.ts`) and the report.
 */
import { assess, calibrate, defaultCalibrationOptions, holdOut, reportHtml, reportText } from "@skyvox/calibration";
import { parseSite } from "@skyvox/cameras";
import { messageOf, SkyvoxError } from "@skyvox/core";
import { z } from "zod";
import { parseFlags, parseWith } from "../config.ts";
import { readCalibrationFiles } from "./calibrate-files.ts";
import { calibratedSite } from "./calibrate-site.ts";

const CALIBRATE_USAGE = `Find poses, lenses and clocks of cameras that saw one moving target, and write a site.

  bun run apps/node calibrate --cameras FILE --out site.json [flags]

Flags
  --cameras FILE        a draft (import --from drone6) or a site.json with labels: cameras; lenses and rates in it are guesses
  --labels DIR          take the labels of camera NAME from DIR/NAME.txt or .csv in place of its source
  --rtk FILE            where the target was: lines e n u (metres) at --rtk-rate, or CSV time_s,e_m,n_m,u_m; its time
                        and frame become the site's
  --rtk-rate N          lines per second of an --rtk file without times (5)
  --rtk-sigma M         one standard deviation of its positions per axis, metres (0.03)
  --survey FILE         where the cameras stand: lines x y z (metres), in any order, or NAME x y z; gives frame and scale
                        without --rtk, else is only compared
  --survey-sigma M      one standard deviation of a surveyed place per axis, metres (0.05)
  --distance A,B,M      cameras A and B stand M metres apart: the scale where there is neither --rtk nor --survey
  --speed N             the target's median speed in metres per second: the same
  --sync auto|given     find the cameras' clocks from what they saw, or take them from --cameras (auto)
  --held-out yes|no     also calibrate without every other block of 20 s and judge those (yes; three times the work)
  --report FILE         write the report, as .json or .html
  --out FILE            the site file to write

Example
  bun run apps/node calibrate --cameras draft.json --rtk rtk.txt --survey campos.txt --out site.json --report report.html`;

const metres = z.coerce.number({ error: "metres above 0" }).positive("metres above 0");
const fileName = z.string({ error: "a file name" }).min(1, "a file name");

const flags = z.strictObject({
  cameras: fileName,
  labels: z.string().min(1, "a folder").optional(),
  rtk: fileName.optional(),
  "rtk-rate": z.coerce.number({ error: "lines per second" }).positive("lines per second above 0").default(5),
  "rtk-sigma": metres.default(0.03),
  survey: fileName.optional(),
  "survey-sigma": metres.default(0.05),
  distance: z
    .string()
    .regex(/^[\w-]+,[\w-]+,\d+(\.\d+)?$/, "CAMERA,CAMERA,METRES")
    .optional(),
  speed: z.coerce.number({ error: "metres per second" }).positive("metres per second above 0").optional(),
  sync: z.enum(["auto", "given"], { error: "auto or given" }).default("auto"),
  "held-out": z.enum(["yes", "no"], { error: "yes or no" }).default("yes"),
  report: z
    .string()
    .regex(/\.(json|html)$/, "a file name that ends in .json or .html")
    .optional(),
  out: fileName,
});

/** What the command was asked for. */
export type CalibrateConfig = z.infer<typeof flags>;

/** Runs the command. @throws {SkyvoxError} naming the file, camera or flag that is wrong, or why there is no answer. */
export async function calibrateCommand(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log(CALIBRATE_USAGE);
    return;
  }
  const names = Object.keys(flags.shape);
  const config = parseWith(
    flags,
    parseFlags(args, Object.fromEntries(names.map((name) => [name, { type: "string" }]))),
  );
  if (config.distance !== undefined && config.speed !== undefined) {
    throw new SkyvoxError("usage", "Cannot use --distance with --speed: both tell the scale, need one of them");
  }
  const files = await readCalibrationFiles(config);
  const { draft, input } = files;
  const startMs = performance.now();
  const onProgress = (text: string) => console.log(`${((performance.now() - startMs) / 1e3).toFixed(1)} s  ${text}`);
  const options = { ...defaultCalibrationOptions, onProgress };
  const calibration = calibrate(input, options);
  const heldOut = config["held-out"] === "yes" ? holdOut(input, calibration, options) : null;
  const report = assess(input, calibration, heldOut);
  console.log(reportText(report));
  const site = calibratedSite(files, calibration, report, config.out);
  parseSite(site, config.out);
  await writeText(config.out, `${JSON.stringify(site, null, 2)}\n`);
  console.log(`${config.out}: ${site.cameras.length} cameras`);
  if (config.report === undefined) return;
  const isPage = config.report.endsWith(".html");
  await writeText(
    config.report,
    isPage ? reportHtml(report, `Calibration of ${draft.name}`) : `${JSON.stringify(report, null, 2)}\n`,
  );
  console.log(`report ${config.report}`);
}

async function writeText(path: string, text: string): Promise<void> {
  try {
    await Bun.write(path, text);
  } catch (error) {
    throw new SkyvoxError("io", `Cannot write "${path}": ${messageOf(error)}, need a writable file`, { cause: error });
  }
}

/**
 * The command `score`: how good the tracks of a run are against truth, as text, JSON and a page.
 *
 * All measures are the business of `@skyvox/tracking`; this reads the files, takes the truth from a file or from a simulated scene and
 * writes what came of it.
 */
import { sceneOfSource } from "@skyvox/cameras";
import { messageOf, SkyvoxError } from "@skyvox/core";
import { truthAt } from "@skyvox/scene";
import {
  defaultScoreOptions,
  pathsThrough,
  readTracksCsv,
  readTruthCsv,
  reportHtml,
  reportText,
  scoreRun,
  stepsOf,
  type TrackRow,
  type Truth,
} from "@skyvox/tracking";
import { z } from "zod";
import { parseFlags, parseWith } from "../config.ts";

const SCORE_USAGE = `Score the tracks of a run against truth.

  bun run apps/node score --tracks FILE.csv --truth FILE.csv|scene:NAME [flags]

Flags
  --tracks FILE.csv     what a node wrote with --tracks
  --truth FILE.csv      true positions: time_s,target,e_m,n_m,u_m (target may be left out where there is one)
  --truth scene:NAME    the truth of a simulated scene, as a site names it (scene:pair?seed=7)
  --cutoff M            distance from which a pair is no pair, metres (5)
  --pair near|only      where errors come from: pairs nearer than the cut-off, or the one target there is and the
                        longest track whatever their distance, for tracks in a frame or clock of their own (near)
  --fit-window S        how far the time fit may move the truth's clock, seconds (1)
  --from S, --to S      the part of the run that counts, seconds
  --html FILE           write a page with plots; it needs nothing but itself
  --json                the last line of standard output is one JSON object

Example
  bun run apps/node score --tracks tracks.csv --truth truth.csv --html score.html`;

const metres = z.coerce.number({ error: "metres above 0" }).positive("metres above 0");
const seconds = z.coerce.number({ error: "seconds" });

const flags = z.strictObject({
  tracks: z.string({ error: "a file name" }).min(1, "a file name"),
  truth: z.string({ error: "a file name or scene:NAME" }).min(1, "a file name or scene:NAME"),
  cutoff: metres.default(defaultScoreOptions.cutoffM),
  pair: z.enum(["near", "only"], { error: "near or only" }).default(defaultScoreOptions.pairing),
  "fit-window": z.coerce
    .number({ error: "seconds above 0" })
    .positive("seconds above 0")
    .default(defaultScoreOptions.fitWindowS),
  from: seconds.default(Number.NEGATIVE_INFINITY),
  to: seconds.default(Number.POSITIVE_INFINITY),
  html: z.string().min(1, "a file name").optional(),
  json: z.boolean().default(false),
});

/** Runs the command. @throws {SkyvoxError} naming the file, line or flag that is wrong. */
export async function scoreCommand(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log(SCORE_USAGE);
    return;
  }
  const config = parseWith(
    flags,
    parseFlags(args, {
      tracks: { type: "string" },
      truth: { type: "string" },
      cutoff: { type: "string" },
      pair: { type: "string" },
      "fit-window": { type: "string" },
      from: { type: "string" },
      to: { type: "string" },
      html: { type: "string" },
      json: { type: "boolean" },
    }),
  );
  const rows = readTracksCsv(await readText(config.tracks), config.tracks);
  const truth = await openTruth(config.truth, rows);
  const steps = stepsOf(rows, truth, { fromS: config.from, toS: config.to });
  if (steps.length === 0) {
    throw new SkyvoxError(
      "usage",
      `Cannot score "${config.tracks}": no time of it lies within ${truth.startS} to ${truth.endS} s of the truth and --from, --to, need tracks and truth on one clock`,
    );
  }
  if (config.pair === "only" && steps.some((step) => step.truth.length > 1)) {
    throw new SkyvoxError("usage", `Cannot use --pair only: "${config.truth}" has several targets, need one`);
  }
  const score = scoreRun(steps, truth.at, {
    ...defaultScoreOptions,
    cutoffM: config.cutoff,
    fitWindowS: config["fit-window"],
    pairing: config.pair,
  });
  console.log(reportText(score, config.tracks, config.truth));
  if (config.html !== undefined) {
    await writeText(config.html, reportHtml({ score, steps, tracks: config.tracks, truth: config.truth }));
    console.log(`page ${config.html}`);
  }
  if (config.json) console.log(JSON.stringify(score));
}

/** The truth of a file, or of a scene from its beginning to the last row of the tracks. */
async function openTruth(source: string, rows: readonly TrackRow[]): Promise<Truth> {
  if (!source.startsWith("scene:")) return pathsThrough(readTruthCsv(await readText(source), source));
  const scene = sceneOfSource(source);
  const endS = rows.reduce((last, { timeS }) => Math.max(last, timeS), 0);
  return { at: (timeS) => truthAt(scene, timeS), startS: 0, endS };
}

async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    throw new SkyvoxError("io", `Cannot read "${path}": ${messageOf(error)}, need a readable file`, { cause: error });
  }
}

async function writeText(path: string, text: string): Promise<void> {
  try {
    await Bun.write(path, text);
  } catch (error) {
    throw new SkyvoxError("io", `Cannot write "${path}": ${messageOf(error)}, need a writable file`, { cause: error });
  }
}

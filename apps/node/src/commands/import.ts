/**
 * The command `import`: a site file from a calibration that another program made.
 *
 * Reading each format is the business of `@skyvox/cameras`; this finds the files, asks videos and images for their size and writes the site.
 */
import { basename, dirname, join, relative, resolve } from "node:path";
import {
  type ImportFeed,
  type ImportOptions,
  importDrone6,
  importMetadata,
  importOpencv,
  importQualisys,
  listFiles,
  matchVideos,
  parseMetadata,
  parseSite,
  parseSiteDraft,
  probeVideo,
  readGreyImage,
  type SiteInput,
} from "@skyvox/cameras";
import { messageOf, SkyvoxError } from "@skyvox/core";
import { z } from "zod";
import { parseFlags, parseWith } from "../config.ts";

const IMPORT_USAGE = `Make a site from a calibration another program made.

  bun run apps/node import --from FORMAT --calibration FILE --out site.json [flags]
  bun run apps/node import --from drone6 --dir DIR --out draft.json

Flags
  --from FORMAT         qualisys (.qca.txt), opencv (YAML or JSON), metadata (upstream metadata.json) or drone6
  --calibration FILE    the calibration; for opencv a pattern may name one file per camera
  --videos PATTERN      the cameras' videos, named after the cameras (qualisys, opencv)
  --images DIR          folder of the images (metadata)
  --rate N              images per second (metadata; 30)
  --dir DIR             a data set with cameras.txt, calibration/ and detections/ (drone6): labels of cameras whose
                        poses are not known, so the site is a draft that the command calibrate completes
  --out FILE            the site file to write

Example
  bun run apps/node import --from qualisys --calibration Calib.qca.txt --videos 'cam*.mp4' --out site.json`;

const flags = z.strictObject({
  from: z.enum(["qualisys", "opencv", "metadata", "drone6"], { error: "qualisys, opencv, metadata or drone6" }),
  calibration: z.string().min(1, "a file name").optional(),
  dir: z.string().min(1, "a folder").optional(),
  videos: z.string().min(1, "a file name or pattern").optional(),
  images: z.string().min(1, "a folder").optional(),
  rate: z.coerce.number({ error: "images per second" }).positive("images per second").default(30),
  out: z.string({ error: "a file name" }).min(1, "a file name"),
});

type ImportConfig = z.infer<typeof flags>;

/** Runs the command. @throws {SkyvoxError} naming the file, camera or flag that is wrong. */
export async function importCommand(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log(IMPORT_USAGE);
    return;
  }
  const config = parseWith(
    flags,
    parseFlags(args, {
      from: { type: "string" },
      calibration: { type: "string" },
      dir: { type: "string" },
      videos: { type: "string" },
      images: { type: "string" },
      rate: { type: "string" },
      out: { type: "string" },
    }),
  );
  if (config.from === "drone6") {
    await writeDraft(config);
    return;
  }
  const input = await siteOf(config, needed(config, "calibration", "a file name"));
  const site = parseSite(input, config.out);
  await writeJson(config.out, input);
  const { minM, maxM, voxelSizeM } = site.volume;
  console.log(
    `${config.out}: ${site.cameras.length} cameras, volume ${minM} to ${maxM} m in voxels of ${voxelSizeM} m (a guess: check it)`,
  );
}

async function siteOf(config: ImportConfig, calibration: string): Promise<SiteInput> {
  const where = basename(calibration);
  const name = where.split(".")[0] ?? where;
  if (config.from === "metadata") return await siteOfMetadata(config, calibration, name);
  const files = await calibrationFiles(calibration);
  const [first] = files;
  const importer = (options: ImportOptions): SiteInput =>
    config.from === "opencv" ? importOpencv(files, options) : importQualisys(first?.text ?? "", options);
  const options = { where: calibration, name };
  if (config.videos === undefined) return importer(options);
  const names = importer(options).cameras.map((camera) => String(camera.id));
  return importer({ ...options, feeds: await feedsOf(names, config.videos, config.out) });
}

/** Writes the draft of a data set whose cameras have no poses yet, and says what was chosen for it. */
async function writeDraft(config: ImportConfig): Promise<void> {
  const where = needed(config, "dir", "a folder");
  const paths = await listFiles(join(where, "calibration/*.json"));
  const texts = await Promise.all(paths.map(readText));
  const readme = join(where, "README.md");
  const { draft, notes } = importDrone6(
    {
      cameras: await readText(join(where, "cameras.txt")),
      readme: (await Bun.file(readme).exists()) ? await readText(readme) : null,
      calibrations: new Map(paths.map((path, index) => [basename(path, ".json"), texts[index] ?? ""])),
    },
    { where, name: basename(resolve(where)), labelsFolder: fromSite(config.out, join(where, "detections")) },
  );
  parseSiteDraft(draft, config.out);
  await writeJson(config.out, draft);
  for (const note of notes) console.log(note);
  console.log(
    `${config.out}: ${draft.cameras.length} cameras without poses: a draft that the command calibrate completes`,
  );
}

/** A flag that only some formats need. */
function needed(config: ImportConfig, flag: "calibration" | "dir" | "images", need: string): string {
  const value = config[flag];
  if (value === undefined) throw new SkyvoxError("usage", `Cannot run without --${flag}: it is missing, need ${need}`);
  return value;
}

async function siteOfMetadata(config: ImportConfig, calibration: string, name: string): Promise<SiteInput> {
  const images = needed(config, "images", "a folder");
  const text = await readText(calibration);
  const [first] = parseMetadata(text, calibration);
  if (first === undefined) {
    throw new SkyvoxError("calibration", `Cannot import "${calibration}": it names no image, need one entry per image`);
  }
  const { widthPx, heightPx } = await readGreyImage(resolve(images, first.imageFile));
  return importMetadata(text, {
    where: calibration,
    name,
    widthPx,
    heightPx,
    frameRateHz: config.rate,
    imagesFolder: fromSite(config.out, images),
  });
}

async function calibrationFiles(pattern: string): Promise<{ name: string; text: string }[]> {
  const paths = await listFiles(pattern);
  if (paths.length === 0) {
    throw new SkyvoxError("calibration", `Cannot read calibration "${pattern}": no such file, need one`);
  }
  return await Promise.all(paths.map(async (path) => ({ name: path, text: await readText(path) })));
}

async function feedsOf(names: readonly string[], pattern: string, out: string): Promise<Map<string, ImportFeed>> {
  const videos = matchVideos(names, await listFiles(pattern));
  const feeds = new Map<string, ImportFeed>();
  for (const [name, path] of videos) {
    const { widthPx, heightPx } = await probeVideo(path);
    feeds.set(name, { source: `video:${fromSite(out, path)}`, widthPx, heightPx });
  }
  return feeds;
}

/** Writes a path as the site file will read it: relative to its own folder. */
function fromSite(out: string, path: string): string {
  return relative(dirname(resolve(out)), resolve(path)) || ".";
}

async function writeJson(path: string, value: unknown): Promise<void> {
  try {
    await Bun.write(path, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw new SkyvoxError("io", `Cannot write "${path}": ${messageOf(error)}, need a writable file`, { cause: error });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    throw new SkyvoxError(
      "calibration",
      `Cannot read calibration "${path}": ${messageOf(error)}, need a readable file`,
      {
        cause: error,
      },
    );
  }
}

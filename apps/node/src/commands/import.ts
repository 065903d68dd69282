/**
 * The command `import`: a site file from a calibration that another program made.
 *
 * Reading each format is the business of `@skyvox/cameras`; this finds the files, asks videos and images for their size and writes the site.
 */
import { basename, dirname, relative, resolve } from "node:path";
import {
  type ImportFeed,
  type ImportOptions,
  importMetadata,
  importOpencv,
  importQualisys,
  listFiles,
  matchVideos,
  parseMetadata,
  parseSite,
  probeVideo,
  readGreyImage,
  type SiteInput,
} from "@skyvox/cameras";
import { messageOf, SkyvoxError } from "@skyvox/core";
import { z } from "zod";
import { parseFlags, parseWith } from "../config.ts";

const IMPORT_USAGE = `Make a site from a calibration another program made.

  bun run apps/node import --from FORMAT --calibration FILE --out site.json [flags]

Flags
  --from FORMAT         qualisys (.qca.txt), opencv (YAML or JSON) or metadata (upstream metadata.json)
  --calibration FILE    the calibration; for opencv a pattern may name one file per camera
  --videos PATTERN      the cameras' videos, named after the cameras (qualisys, opencv)
  --images DIR          folder of the images (metadata)
  --rate N              images per second (metadata; 30)
  --out FILE            the site file to write

Example
  bun run apps/node import --from qualisys --calibration Calib.qca.txt --videos 'cam*.mp4' --out site.json`;

const flags = z.strictObject({
  from: z.enum(["qualisys", "opencv", "metadata"], { error: "qualisys, opencv or metadata" }),
  calibration: z.string({ error: "a file name" }).min(1, "a file name"),
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
      videos: { type: "string" },
      images: { type: "string" },
      rate: { type: "string" },
      out: { type: "string" },
    }),
  );
  const input = await siteOf(config);
  const site = parseSite(input, config.out);
  try {
    await Bun.write(config.out, `${JSON.stringify(input, null, 2)}\n`);
  } catch (error) {
    throw new SkyvoxError("io", `Cannot write "${config.out}": ${messageOf(error)}, need a writable file`, {
      cause: error,
    });
  }
  const { minM, maxM, voxelSizeM } = site.volume;
  console.log(
    `${config.out}: ${site.cameras.length} cameras, volume ${minM} to ${maxM} m in voxels of ${voxelSizeM} m (a guess: check it)`,
  );
}

async function siteOf(config: ImportConfig): Promise<SiteInput> {
  const where = basename(config.calibration);
  const name = where.split(".")[0] ?? where;
  if (config.from === "metadata") return await siteOfMetadata(config, name);
  const files = await calibrationFiles(config.calibration);
  const [first] = files;
  const importer = (options: ImportOptions): SiteInput =>
    config.from === "opencv" ? importOpencv(files, options) : importQualisys(first?.text ?? "", options);
  const options = { where: config.calibration, name };
  if (config.videos === undefined) return importer(options);
  const names = importer(options).cameras.map((camera) => String(camera.id));
  return importer({ ...options, feeds: await feedsOf(names, config.videos, config.out) });
}

async function siteOfMetadata(config: ImportConfig, name: string): Promise<SiteInput> {
  if (config.images === undefined)
    throw new SkyvoxError("usage", "Cannot run without --images: it is missing, need a folder");
  const text = await readText(config.calibration);
  const [first] = parseMetadata(text, config.calibration);
  if (first === undefined) {
    throw new SkyvoxError(
      "calibration",
      `Cannot import "${config.calibration}": it names no image, need one entry per image`,
    );
  }
  const { widthPx, heightPx } = await readGreyImage(resolve(config.images, first.imageFile));
  return importMetadata(text, {
    where: config.calibration,
    name,
    widthPx,
    heightPx,
    frameRateHz: config.rate,
    imagesFolder: fromSite(config.out, config.images),
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

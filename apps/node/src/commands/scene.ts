/**
 * The command `scene`: a simulated scene as files, with its truth: pictures and a site that a node plays, or detections for a tracker.
 *
 * What is drawn is the business of `@skyvox/scene`; this names the scenes, writes the files and says what it wrote. Pixels are synthetic.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Site, siteFromPixelScene, siteFromScene } from "@skyvox/cameras";
import { type CameraId, messageOf, SkyvoxError, type Vec3 } from "@skyvox/core";
import {
  createPixelRenderer,
  createRenderer,
  type PixelScene,
  pixelPreset,
  pixelPresetNames,
  presetByName,
  presetNames,
  type Scene,
  type Sighting,
  type TrackScene,
  type TrackSceneName,
  trackScene,
  trackSceneNames,
} from "@skyvox/scene";
import { z } from "zod";
import { parseFlags, parseWith } from "../config.ts";
import { Progress } from "../progress.ts";
import { wallMs } from "../wall-clock.ts";

const SCENE_USAGE = `Write a simulated scene as files, with its truth.

  bun run apps/node scene --preset NAME --out DIR [flags]
  bun run apps/node scene --list

Flags
  --preset NAME         which scene; --list says what there is
  --seed N              other draws of the same scene (1)
  --out DIR             folder to write into: site.json, a folder of pictures per camera and truth.csv, or, of scenes
                        for trackers, detections.csv and truth.csv; of scenes of physics also sightings.csv
  --frames N            frames per camera (60), or scans
  --list                name the scenes

Example
  bun run apps/node scene --preset short-range --seed 7 --out flight
  bun run apps/node --role master --site flight/site.json --once --tracks tracks.csv
  bun run apps/node score --tracks tracks.csv --truth flight/truth.csv`;

const names = [...presetNames, ...pixelPresetNames, ...trackSceneNames];
const wholeNumber = z.coerce.number({ error: "a whole number" }).int("a whole number").min(0, "a whole number");

const flags = z.strictObject({
  preset: z.enum(names, { error: `one of ${names.join(", ")}` }),
  seed: wholeNumber.max(2 ** 31, "a whole number up to 2147483648").default(1),
  out: z.string({ error: "a folder" }).min(1, "a folder"),
  frames: wholeNumber.min(1, "a whole number from 1 on").max(1e6, "a whole number up to 1000000").optional(),
});

type SceneConfig = z.infer<typeof flags>;

const FRAMES_DEFAULT = 60;

/** Runs the command. @throws {SkyvoxError} naming the flag or file that is wrong. */
export async function sceneCommand(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) return console.log(SCENE_USAGE);
  if (args.includes("--list")) return console.log(listOfScenes());
  const config = parseWith(
    flags,
    parseFlags(args, {
      preset: { type: "string" },
      seed: { type: "string" },
      out: { type: "string" },
      frames: { type: "string" },
    }),
  );
  try {
    await writeScene(config);
  } catch (error) {
    if (error instanceof SkyvoxError || !(error instanceof Error && "code" in error)) throw error;
    throw new SkyvoxError("io", `Cannot write into "${config.out}": ${messageOf(error)}, need a folder with space`, {
      cause: error,
    });
  }
}

function listOfScenes(): string {
  return [
    `pictures              ${presetNames.join(", ")}`,
    `pictures by physics   ${pixelPresetNames.join(", ")}`,
    `detections            ${trackSceneNames.join(", ")}`,
  ].join("\n");
}

async function writeScene({ preset, seed, out, frames }: SceneConfig): Promise<void> {
  await mkdir(out, { recursive: true });
  const track = trackSceneNames.find((name) => name === preset);
  if (track !== undefined) return await writeDetections(out, track, seed, frames);
  const physics = pixelPresetNames.find((name) => name === preset);
  const pictures =
    physics === undefined ? plainPictures(presetByName(preset, seed)) : physicalPictures(pixelPreset(physics, seed));
  await writePictures(out, pictures, frames ?? FRAMES_DEFAULT);
}

/** A scene as it is written: its site, what draws each camera, and where its targets are. */
interface Pictures {
  readonly site: Site;
  readonly frameRateHz: number;
  readonly cameras: readonly {
    readonly id: CameraId;
    readonly widthPx: number;
    readonly heightPx: number;
    render(frameIndex: number, out: Uint8Array): void;
    sightings?(frameIndex: number): readonly Sighting[];
  }[];
  truthAt(tSeconds: number): readonly { readonly name: string; readonly positionEnuM: Vec3 }[];
}

const sourceOf = ({ id }: { readonly id: CameraId }): string => `images:${id}/*.pgm`;

function plainPictures(scene: Scene): Pictures {
  const site = siteFromScene(scene, `scene:${scene.name}`);
  const [first] = scene.cameras;
  const frameRateHz = first?.frameRateHz ?? 30;
  return {
    site: {
      ...site,
      cameras: site.cameras.map((camera) => ({ ...camera, source: sourceOf(camera), frameRateHz })),
    },
    frameRateHz,
    cameras: scene.cameras.map((camera) => {
      const renderer = createRenderer(scene, camera);
      const { widthPx, heightPx } = camera.intrinsics;
      return {
        id: camera.id,
        widthPx,
        heightPx,
        render: (index, out) => renderer.render(index / frameRateHz - camera.clockOffsetS, index, out),
      };
    }),
    truthAt: (tSeconds) => scene.targets.map(({ name, pathAt }) => ({ name, ...pathAt(tSeconds) })),
  };
}

function physicalPictures(scene: PixelScene): Pictures {
  const [first] = scene.cameras;
  return {
    site: siteFromPixelScene(scene, sourceOf),
    frameRateHz: first?.frameRateHz ?? 30,
    cameras: scene.cameras.map((camera) => {
      const { widthPx, heightPx } = camera.intrinsics;
      return { id: camera.id, widthPx, heightPx, ...createPixelRenderer(scene, camera) };
    }),
    truthAt: (tSeconds) => scene.targets.map(({ name, pathAt }) => ({ name, ...pathAt(tSeconds) })),
  };
}

async function writePictures(out: string, pictures: Pictures, frameCount: number): Promise<void> {
  const { site, cameras, frameRateHz } = pictures;
  const frameBytes = cameras.reduce((sum, { widthPx, heightPx }) => sum + widthPx * heightPx, 0);
  console.log(`${frameCount} frames of ${cameras.length} cameras, ${((frameBytes * frameCount) / 1e6).toFixed(0)} MB`);
  const sightings = ["camera,frame,target,u_px,v_px,range_m,snr,u_sigma_px,v_sigma_px"];
  const truth = [TRUTH_HEADER];
  {
    using progress = new Progress({ label: "drawing", stream: process.stderr, nowMs: wallMs });
    for (let frame = 0; frame < frameCount; frame++) {
      for (const { id, widthPx, heightPx, render, sightings: seenIn } of cameras) {
        const head = Buffer.from(`P5\n${widthPx} ${heightPx}\n255\n`);
        const file = new Uint8Array(head.length + widthPx * heightPx);
        file.set(head);
        render(frame, file.subarray(head.length));
        if (frame === 0) await mkdir(join(out, id), { recursive: true });
        await writeFile(join(out, id, `${String(frame).padStart(6, "0")}.pgm`), file);
        sightings.push(...(seenIn?.(frame) ?? []).map((it) => sightingRow(id, frame, it)));
      }
      truth.push(...truthRows(frame / frameRateHz, pictures.truthAt(frame / frameRateHz)));
      progress.update(`frame ${frame + 1} of ${frameCount}`, (frame + 1) / frameCount);
    }
  }
  await writeFile(join(out, "site.json"), `${JSON.stringify(site, null, 2)}\n`);
  await writeLines(join(out, "truth.csv"), truth);
  if (sightings.length > 1) await writeLines(join(out, "sightings.csv"), sightings);
  console.log(`${join(out, "site.json")}: ${site.name}, ${site.cameras.length} cameras; pixels are synthetic`);
}

async function writeDetections(
  out: string,
  name: TrackSceneName,
  seed: number,
  scanCount: number | undefined,
): Promise<void> {
  const scene: TrackScene = trackScene(name, { seed, ...(scanCount === undefined ? {} : { scanCount }) });
  const detections = ["time_s,e_m,n_m,u_m,sigma_m"];
  const truth = [TRUTH_HEADER];
  for (const { timeNs, detections: found, truth: states } of scene.scans) {
    const timeS = Number(timeNs) / 1e9;
    detections.push(...found.map(({ positionEnuM }) => [timeS, ...positionEnuM.map(metres), scene.sigmaM].join(",")));
    truth.push(...truthRows(timeS, states));
  }
  await writeLines(join(out, "detections.csv"), detections);
  await writeLines(join(out, "truth.csv"), truth);
  console.log(`${join(out, "detections.csv")}: ${scene.scans.length} scans of ${scene.targetCount} targets`);
}

const TRUTH_HEADER = "time_s,target,e_m,n_m,u_m";

function truthRows(timeS: number, states: ReturnType<Pictures["truthAt"]>): string[] {
  return states.map(({ name, positionEnuM }) => [timeS, name, ...positionEnuM.map(metres)].join(","));
}

function sightingRow(id: CameraId, frame: number, sighting: Sighting): string {
  const { name, u, v, rangeM, snr, uSigmaPx, vSigmaPx } = sighting;
  return [id, frame, name, ...[u, v, rangeM, snr, uSigmaPx, vSigmaPx].map((value) => value.toFixed(4))].join(",");
}

function metres(value: number): string {
  return value.toFixed(6);
}

async function writeLines(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, `${lines.join("\n")}\n`);
}

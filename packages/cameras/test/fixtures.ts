/**
 * What the tests of this package share: a camera and a site that parse, a folder that goes away, and where real recordings lie.
 *
 * Tests change what they are about and leave the rest.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSite, type Site, type SiteCamera, type SiteInput } from "../src/site.ts";

/** Where real recordings lie; tests that need one are skipped, with this folder named, where it is absent. */
export const dataFolder = process.env.SKYVOX_DATA ?? join(import.meta.dir, "../../../../shared/data");

type CameraInput = SiteInput["cameras"][number];

/** A camera of 64 by 48 pixels at the origin that looks north. */
export function cameraInput(changes: Partial<CameraInput> = {}): CameraInput {
  return {
    id: "a",
    source: "scene:pair",
    intrinsics: { widthPx: 64, heightPx: 48, fxPx: 50, fyPx: 50, cxPx: 31.5, cyPx: 23.5 },
    pose: { positionM: [0, 0, 0], orientation: { lookAtM: [0, 10, 0] } },
    ...changes,
  };
}

/** Two cameras ten metres apart that look at the middle of a box of two metres. */
export function siteInput(changes: Partial<SiteInput> = {}): SiteInput {
  return {
    name: "test",
    volume: { minM: [-1, 9, -1], maxM: [1, 11, 1], voxelSizeM: 0.1 },
    cameras: [
      cameraInput(),
      cameraInput({ id: "b", pose: { positionM: [10, 10, 0], orientation: { lookAtM: [0, 10, 0] } } }),
    ],
    ...changes,
  };
}

/** The same site, checked and with its defaults. */
export function siteOf(changes: Partial<SiteInput> = {}): Site {
  return parseSite(siteInput(changes), "test.json");
}

/** The first camera of a site that holds only it. */
export function cameraOf(changes: Partial<CameraInput> = {}): SiteCamera {
  const [camera] = siteOf({ cameras: [cameraInput(changes)] }).cameras;
  if (camera === undefined) throw new Error("a site has a camera");
  return camera;
}

/** A folder for the files of one test, removed with all it holds. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), "skyvox-cameras-")));
  }

  join(name: string): string {
    return join(this.path, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/**
 * The scene that casting is measured on: point targets seen by four cameras of 1920 x 1080 around a cube of voxels.
 *
 * It has the shape of the set that the program Pixeltovoxelprojector was measured with: 200 targets of 25 pixels, a cube of 500
 * voxels a side, cameras just outside it in the middle of its sides looking in, about 20,000 rays per time step of about 750 voxels each.
 */
import { createPrng, type Intrinsics, lookAt, project, type Vec3 } from "@skyvox/core";
import { buildRayModel, type GridSpec, type RayModel } from "@skyvox/kernels";

/** One time step: what every camera sees. */
export interface DotsScene {
  readonly grid: GridSpec;
  readonly views: readonly { readonly model: RayModel; readonly points: Uint32Array }[];
  readonly rayCount: number;
}

const intrinsics: Intrinsics = {
  widthPx: 1920,
  heightPx: 1080,
  fxPx: 960 / Math.tan(Math.PI / 6),
  fyPx: 960 / Math.tan(Math.PI / 6),
  cxPx: 959.5,
  cyPx: 539.5,
  distortion: [0, 0, 0, 0, 0],
};

/** Corner-to-centre places of the cameras, in sides of the cube: outside its four upright faces, off their middle. */
const places: readonly Vec3[] = [
  [-0.1, 0.24, 0.4],
  [1.1, 0.76, 0.52],
  [0.3, -0.1, 0.46],
  [0.7, 1.1, 0.58],
];

/** Builds a time step from a seed. `dots` targets lie within the middle of the cube, where all four cameras look. */
export function dotsScene(options: { seed: number; dots: number; sideVoxels: number; dense: boolean }): DotsScene {
  const { seed, dots, sideVoxels, dense } = options;
  const prng = createPrng(seed);
  const side = [sideVoxels, sideVoxels, sideVoxels] as const;
  const centre: Vec3 = [sideVoxels / 2, sideVoxels / 2, sideVoxels / 2];
  const targets = Array.from({ length: dots }, (): Vec3 => {
    const along = (half: number) => sideVoxels * (0.5 + prng.uniform(-half, half));
    return [along(0.24), along(0.24), along(0.12)];
  });
  const views = places.map((place) => {
    const pose = lookAt({
      cameraInEnuM: [sideVoxels * place[0], sideVoxels * place[1], sideVoxels * place[2]],
      targetEnuM: centre,
    });
    const model = buildRayModel({ intrinsics, pose, grid: { minEnuM: [0, 0, 0], voxelSizeM: 1, sizeVoxels: side } });
    const points = targets.flatMap((target) => blobPoints(project(intrinsics, pose, target)));
    return { model, points: inRasterOrder(points) };
  });
  const rayCount = views.reduce((sum, view) => sum + view.points.length / 4, 0);
  const grid = { sizeVoxels: side, raysMax: rayCount, bricksMax: 16_384, peaksMax: 16_384, voxelsMax: 16_384, dense };
  return { grid, views, rayCount };
}

/** The 5 by 5 pixels around an image point, brightest in the middle; none where they leave the picture. */
function blobPoints(uv: readonly [number, number] | null): [number, number, number][] {
  if (uv === null) return [];
  const [u, v] = [Math.round(uv[0]), Math.round(uv[1])];
  if (u < 2 || v < 2 || u > intrinsics.widthPx - 3 || v > intrinsics.heightPx - 3) return [];
  return Array.from({ length: 25 }, (_, i) => {
    const [du, dv] = [(i % 5) - 2, Math.floor(i / 5) - 2];
    return [u + du, v + dv, 200 - 20 * (du * du + dv * dv)];
  });
}

/** Points as op `cells` gives them at shift 0: rows `[u, v, weight, 1]` by (v, u), u and v in 1/256 pixel. */
function inRasterOrder(points: [number, number, number][]): Uint32Array {
  points.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  return Uint32Array.from(points.flatMap(([u, v, weight]) => [u << 8, v << 8, weight, 1]));
}

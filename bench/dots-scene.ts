/**
 * The scene that casting is measured on: point targets seen by cameras around a cube of voxels.
 *
 * With four cameras of 1920 x 1080 it has the shape of the set that the program Pixeltovoxelprojector was measured with: 200 targets of
 * 25 pixels, a cube of 500 voxels a side, cameras just outside it in the middle of its sides looking in, about 20,000 rays per time
 * step of about 750 voxels each. More cameras stand in a ring.
 */
import { createPrng, type Intrinsics, lookAt, project, type Vec3 } from "@skyvox/core";
import { buildRayModel, type GridSpec, type RayModel } from "@skyvox/kernels";

/** One time step: what every camera sees. */
export interface DotsScene {
  readonly grid: GridSpec;
  readonly intrinsics: Intrinsics;
  /** Where the targets are, in voxels of the cube. */
  readonly targets: readonly Vec3[];
  readonly views: readonly { readonly model: RayModel; readonly points: Uint32Array }[];
  readonly rayCount: number;
}

function intrinsicsOf(widthPx: number): Intrinsics {
  const heightPx = (widthPx * 9) / 16;
  const focalPx = widthPx / 2 / Math.tan(Math.PI / 6);
  const centre = { cxPx: (widthPx - 1) / 2, cyPx: (heightPx - 1) / 2 };
  return { widthPx, heightPx, fxPx: focalPx, fyPx: focalPx, ...centre, distortion: [0, 0, 0, 0, 0] };
}

/** Corner-to-centre places of the cameras, in sides of the cube: outside its four upright faces, off their middle. */
const places: readonly Vec3[] = [
  [-0.1, 0.24, 0.4],
  [1.1, 0.76, 0.52],
  [0.3, -0.1, 0.46],
  [0.7, 1.1, 0.58],
];

/** How large a time step is. */
export interface DotsSize {
  readonly dots: number;
  /** Of the cube. */
  readonly sideVoxels: number;
  /** Pixels a side of a target's picture, odd; 5 where it is left out. */
  readonly dotPx?: number;
  /** 4 where it is left out. */
  readonly cameras?: number;
  /** Of a picture of 16 : 9; 1920 where it is left out. */
  readonly widthPx?: number;
}

/** Four by the list, others in a ring as wide. */
function placesOf(cameras: number): readonly Vec3[] {
  if (cameras === places.length) return places;
  return Array.from({ length: cameras }, (_, i): Vec3 => {
    const turn = (2 * Math.PI * (i + 0.3)) / cameras;
    return [0.5 + 0.62 * Math.cos(turn), 0.5 + 0.62 * Math.sin(turn), 0.4 + 0.03 * (i % 7)];
  });
}

/** Builds a time step from a seed. The targets lie within the middle of the cube, where all four cameras look. */
export function dotsScene(options: DotsSize & { readonly seed: number }): DotsScene {
  const { seed, dots, sideVoxels, dotPx = 5, cameras = 4, widthPx = 1920 } = options;
  const intrinsics = intrinsicsOf(widthPx);
  const prng = createPrng(seed);
  const side = [sideVoxels, sideVoxels, sideVoxels] as const;
  const centre: Vec3 = [sideVoxels / 2, sideVoxels / 2, sideVoxels / 2];
  const targets = Array.from({ length: dots }, (): Vec3 => {
    const along = (half: number) => sideVoxels * (0.5 + prng.uniform(-half, half));
    return [along(0.24), along(0.24), along(0.12)];
  });
  const views = placesOf(cameras).map((place) => {
    const pose = lookAt({
      cameraInEnuM: [sideVoxels * place[0], sideVoxels * place[1], sideVoxels * place[2]],
      targetEnuM: centre,
    });
    const model = buildRayModel({ intrinsics, pose, grid: { minEnuM: [0, 0, 0], voxelSizeM: 1, sizeVoxels: side } });
    const points = targets.flatMap((target) => dotPoints(intrinsics, project(intrinsics, pose, target), dotPx));
    return { model, points: inRasterOrder(points) };
  });
  const rayCount = views.reduce((sum, view) => sum + view.points.length / 4, 0);
  const limits = { bricksMax: 16_384, peaksMax: 16_384, voxelsMax: 16_384 };
  return {
    grid: { sizeVoxels: side, raysMax: rayCount, ...limits, dense: false },
    intrinsics,
    targets,
    views,
    rayCount,
  };
}

/** The square of pixels around an image point, brightest in the middle; none where they leave the picture. */
export function dotPoints(
  { widthPx, heightPx }: Pick<Intrinsics, "widthPx" | "heightPx">,
  uv: readonly [number, number] | null,
  sidePx: number,
): [number, number, number][] {
  if (uv === null) return [];
  const reach = (sidePx - 1) / 2;
  const [u, v] = [Math.round(uv[0]), Math.round(uv[1])];
  if (u < reach || v < reach || u >= widthPx - reach || v >= heightPx - reach) return [];
  return Array.from({ length: sidePx * sidePx }, (_, i) => {
    const [du, dv] = [(i % sidePx) - reach, Math.floor(i / sidePx) - reach];
    // 200 in the middle, 40 in the corners.
    return [u + du, v + dv, Math.round(200 - (80 * (du * du + dv * dv)) / (reach * reach))];
  });
}

/** Points as op `cells` gives them at shift 0: rows `[u, v, weight, 1]` by (v, u), u and v in 1/256 pixel. */
export function inRasterOrder(points: [number, number, number][]): Uint32Array {
  points.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  return Uint32Array.from(points.flatMap(([u, v, weight]) => [u << 8, v << 8, weight, 1]));
}

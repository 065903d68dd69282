/**
 * Which texts make up each program.
 *
 * WGSL has no imports: what several programs share is a text of its own, joined in front of theirs.
 */
import bend from "./bend.wgsl" with { type: "text" };
import blobs from "./blobs.wgsl" with { type: "text" };
import cast from "./cast.wgsl" with { type: "text" };
import castDense from "./cast-dense.wgsl" with { type: "text" };
import castLayers from "./cast-layers.wgsl" with { type: "text" };
import castTiles from "./cast-tiles.wgsl" with { type: "text" };
import cells from "./cells.wgsl" with { type: "text" };
import clear from "./clear.wgsl" with { type: "text" };
import cutRays from "./cut-rays.wgsl" with { type: "text" };
import evidence from "./evidence.wgsl" with { type: "text" };
import fuse from "./fuse.wgsl" with { type: "text" };
import gaussian from "./gaussian.wgsl" with { type: "text" };
import lists from "./lists.wgsl" with { type: "text" };
import mark from "./mark.wgsl" with { type: "text" };
import markLayers from "./mark-layers.wgsl" with { type: "text" };
import motion from "./motion.wgsl" with { type: "text" };
import near from "./near.wgsl" with { type: "text" };
import nearTiles from "./near-tiles.wgsl" with { type: "text" };
import offsets from "./offsets.wgsl" with { type: "text" };
import outbox from "./outbox.wgsl" with { type: "text" };
import peaks from "./peaks.wgsl" with { type: "text" };
import rayList from "./ray-list.wgsl" with { type: "text" };
import rays from "./rays.wgsl" with { type: "text" };
import refine from "./refine.wgsl" with { type: "text" };
import register from "./register.wgsl" with { type: "text" };
import scan from "./scan.wgsl" with { type: "text" };
import select from "./select.wgsl" with { type: "text" };
import spots from "./spots.wgsl" with { type: "text" };
import staged from "./staged.wgsl" with { type: "text" };
import views from "./views.wgsl" with { type: "text" };
import voxels from "./voxels.wgsl" with { type: "text" };
import walk from "./walk.wgsl" with { type: "text" };
import wide from "./wide.wgsl" with { type: "text" };

/** Texts by program, in the order in which they are joined. */
export const programSources = {
  offsets: [lists, scan, offsets],
  outbox: [lists, outbox],
  motion: [lists, scan, staged, motion],
  gaussian: [lists, scan, staged, gaussian],
  cells: [lists, scan, cells],
  blobs: [lists, scan, blobs],
  spots: [lists, scan, spots],
  register: [lists, scan, bend, register],
  fuse: [lists, scan, fuse],
  clear: [lists, clear],
  rays: [lists, wide, views, bend, rays],
  mark: [lists, walk, rayList, views, markLayers, mark],
  select: [lists, scan, select],
  cast: [lists, walk, rayList, views, castLayers, cast],
  castDense: [lists, walk, rayList, views, castDense],
  refine: [lists, scan, refine],
  cutRays: [lists, scan, wide, walk, rayList, views, cutRays],
  castTiles: [lists, walk, rayList, markLayers, castLayers, castTiles],
  near: [lists, near],
  nearTiles: [lists, nearTiles],
  peaks: [lists, scan, wide, evidence, peaks],
  voxels: [lists, scan, evidence, voxels],
} as const;

/** Programs whose workgroups have a slot each: of 512 voxels, so that each thread has several. */
export const slotPrograms: ReadonlySet<string> = new Set<ProgramName>([
  "refine",
  "near",
  "nearTiles",
  "peaks",
  "voxels",
]);

/** Names of the programs. */
export type ProgramName = keyof typeof programSources;

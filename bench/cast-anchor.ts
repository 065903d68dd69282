/**
 * Casting beside OctoMap and OpenVDB: all programs take the same rays on one thread, in fresh processes, in turn and in changing order.
 *
 * The rivals get the rays as directions in voxels, straight from table "rays". They add to every voxel on the way, as ours does when it
 * casts densely; what the targets compare is the time for one time step, which ours takes in two passes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kernels } from "@skyvox/kernels";
import { type Anchor, compiledAnchor, outputOf } from "./anchors.ts";
import { castTwoPasses, gridRows, openDots, VIEWS_MIN } from "./cast-passes.ts";
import type { DotsScene, DotsSize } from "./dots-scene.ts";
import { type BenchRow, type BenchTarget, median, perSecond } from "./harness.ts";
import type { Compared } from "./motion-anchor.ts";
import { targets } from "./targets.ts";

/** What a rival prints. */
interface RivalTimes {
  readonly rays: number;
  readonly voxels: number;
  readonly ms: number;
  readonly bytes: number;
}

/** What `anchors/own-cast.ts` prints. */
interface OwnTimes {
  readonly twoPassesMs: number;
  readonly denseMs: number;
}

interface Rival {
  readonly name: string;
  readonly anchor: Anchor;
  readonly wanted: number;
}

/** Ours is timed so often in a process, rivals once: they take seconds. */
const PASSES = 9;

/** Compares with the rivals that are installed; `size` is what the scene was made from. */
export async function compareWithRivals(
  kernels: Kernels,
  scene: DotsScene,
  size: DotsSize,
  rounds: number,
): Promise<Compared> {
  const rivals: Rival[] = [
    {
      name: "OpenVDB",
      anchor: compiledAnchor("openvdb-cast", "openvdb/openvdb.h", ["openvdb", "tbb"]),
      wanted: targets.cast.timesOpenVdb,
    },
    {
      name: "OctoMap",
      anchor: compiledAnchor("octomap-cast", "octomap/OcTree.h", ["octomap", "octomath"]),
      wanted: targets.cast.timesOctoMap,
    },
  ];
  const leftOut = rivals.flatMap(({ name, anchor }) => (anchor.ok ? [] : [`${name}: ${anchor.reason}`]));
  if (leftOut.length === rivals.length) return { rows: [], targets: [], leftOut };
  const folder = mkdtempSync(join(tmpdir(), "skyvox-cast-"));
  try {
    const file = join(folder, "rays");
    await Bun.write(file, await rayRows(kernels, scene));
    return { ...timeAll(rivals, file, size, rounds), leftOut };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rows of 6 float64: origin and direction in voxels. */
async function rayRows(kernels: Kernels, scene: DotsScene): Promise<Float64Array> {
  const grid = openDots(kernels, scene);
  castTwoPasses(kernels, grid, scene.views, VIEWS_MIN);
  const words = new Int32Array((await gridRows(kernels, grid, "rays")).slice().buffer);
  kernels.closeGrid(grid);
  const rows = new Float64Array((words.length / 5) * 6);
  for (let from = 0, to = 0; from < words.length; from += 5, to += 6) {
    const origin = scene.views[words[from + 4]!]!.model.originQ20;
    for (let axis = 0; axis < 3; axis++) {
      rows[to + axis] = origin[axis]! / 2 ** 20;
      rows[to + 3 + axis] = words[from + axis]! / 2 ** 30;
    }
  }
  return rows;
}

function timeAll(
  rivals: readonly Rival[],
  file: string,
  { dots, sideVoxels }: DotsSize,
  rounds: number,
): Pick<Compared, "rows" | "targets"> {
  const ours: OwnTimes[] = [];
  const own = [process.execPath, join(import.meta.dir, "./anchors/own-cast.ts"), dots, sideVoxels, PASSES].map(String);
  const theirs = rivals.flatMap(({ name, anchor, wanted }) => {
    return anchor.ok ? [{ name, wanted, command: [...anchor.command, file, String(sideVoxels), "1"] }] : [];
  });
  const times = theirs.map((): RivalTimes[] => []);
  const turns = [
    () => ours.push(outputOf(own)),
    ...theirs.map(
      ({ command }, i) =>
        () =>
          times[i]?.push(outputOf(command)),
    ),
  ];
  for (let round = 0; round < rounds; round++) {
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) turn();
  }
  const rays = times[0]![0]!.rays;
  const rows: BenchRow[] = [];
  for (const [name, key] of [["two passes", "twoPassesMs"] as const, ["dense", "denseMs"] as const]) {
    const ms = median(ours.map((one) => one[key]));
    rows.push({ name: `${name}, one thread, in a fresh process`, median: perSecond(rays, ms), unit: "rays/s" });
  }
  const wanted = theirs.map(({ name, wanted }, i): BenchTarget => {
    const ms = times[i]!.map((one) => one.ms);
    const ratio = (key: keyof OwnTimes) => median(ms.map((one, round) => one / ours[round]![key]));
    const note = `${ratio("twoPassesMs").toFixed(1)} x two passes, ${ratio("denseMs").toFixed(1)} x dense, ${(times[i]![0]!.bytes / 1e6).toFixed(0)} MB`;
    rows.push({ name, median: perSecond(rays, median(ms)), unit: "rays/s", note });
    return {
      name: `two passes against ${name}`,
      achieved: ratio("twoPassesMs"),
      wanted,
      unit: "x",
      better: "higher",
    };
  });
  return { rows, targets: wanted };
}

import { expect, test } from "bun:test";
import { parseSite, type SiteInput, siteFromScene } from "@skyvox/cameras";
import { messageOf } from "@skyvox/core";
import { referenceAdapter } from "@skyvox/kernels";
import { pairScene } from "@skyvox/scene";
import { openLine } from "./site-to-line.ts";

const plain = siteFromScene(pairScene(1), "scene:pair");
type Camera = (typeof plain.cameras)[number];

/** What opening the pair's site says with one camera changed. */
async function refusalOf(
  index: number,
  change: (camera: Camera) => object,
  volume: SiteInput["volume"] = plain.volume,
) {
  const cameras = plain.cameras.map((camera, at) => (at === index ? { ...camera, ...change(camera) } : camera));
  const site = parseSite({ ...plain, cameras, volume }, "test");
  using kernels = await referenceAdapter.open();
  try {
    using line = openLine(site, kernels);
    return `opened with ${line.cameras.length} cameras`;
  } catch (error) {
    return messageOf(error);
  }
}

const standingAt = (positionM: readonly number[]) => () => ({
  pose: { positionM, orientation: { lookAtM: [500, 500, 100] } },
});

test("A camera too far from voxels of one size is named, with its key and the size that would do", async () => {
  const volume: SiteInput["volume"] = { minM: [0, 0, 0], maxM: [100, 100, 100], voxelSizeM: 0.5 };
  expect(await refusalOf(2, standingAt([50, -2000, 50]), volume)).toMatch(
    /^Cannot use camera "\S+" \(cameras\[2\]\.pose\.positionM\): rays reach \d+ voxels of 0\.5 m, need fewer than 2048: voxels of [\d.]+ m or more$/,
  );
});

test("A camera too far from a volume whose voxels are chosen is told how far it may stand", async () => {
  const volume: SiteInput["volume"] = { minM: [0, 0, 0], maxM: [1000, 1000, 200], voxelSizeM: "auto" };
  // 79 voxels of 12.8 m hold 1,000 m: 18 km and 1,011 m to the far side, 18 km to the corner.
  const { id } = plain.cameras[1] ?? { id: "" };
  expect(await refusalOf(1, standingAt([-18_000, -18_000, 100]), volume)).toBe(
    `Cannot use camera "${id}" (cameras[1].pose.positionM): its ways to the volume's far side along one axis and to its lower corner along another add up to 37.0 km, need at most 26.1 km where volume.voxelSizeM is "auto"`,
  );
  // 25.8 km in all.
  expect(await refusalOf(1, standingAt([-12_400, -12_400, 100]), volume)).toMatch(/^opened/);
});

test("A camera whose lens folds the image is named, wherever it stands", async () => {
  // r (1 - r² / 2) turns back at r = √(2/3): 0.54 after bending, within a picture that reaches 0.77.
  const folding = ({ intrinsics }: Camera) => ({
    intrinsics: { ...intrinsics, fxPx: 260, fyPx: 260, distortion: [-0.5, 0, 0, 0, 0] },
  });
  const text =
    /^Cannot use camera "\S+" \(cameras\[1\]\.intrinsics\): its distortion folds the image at pixel \(0, 0\), need/;
  expect(await refusalOf(1, folding)).toMatch(text);
  expect(await refusalOf(1, (camera) => ({ ...folding(camera), ...standingAt([1e7, 0, 0])() }))).toMatch(text);
});

test("A thermal camera that looks the other way is named with the camera it stands beside", async () => {
  const [first] = plain.cameras;
  if (first === undefined) throw new Error("the pair's site has cameras");
  const [x, y, z] = first.pose.positionM;
  // Back to back: from the corner where the first camera stands, outwards.
  const beside = () => ({
    pose: { positionM: [x, y, z], orientation: { lookAtM: [2 * x, 2 * y, z] } },
    thermal: { camera: first.id, rangeM: 20 },
  });
  expect(await refusalOf(3, beside)).toMatch(
    /^Cannot use camera "\S+" \(cameras\[3\]\.thermal\): what pixel \(\d+, \d+\) sees lies behind the other camera, need/,
  );
});

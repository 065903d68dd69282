import { expect, test } from "bun:test";
import { cameraId, SkyvoxError } from "@skyvox/core";
import { cameraInput, siteInput, siteOf, TemporaryFolder } from "../test/fixtures.ts";
import { loadSite, parseSite, parseSiteDraft, type SiteInput, siteJsonSchema } from "./site.ts";

const SCHEMA_FILE = new URL("../site.schema.json", import.meta.url).pathname;

test("Site fills in every default", () => {
  const site = siteOf();
  expect(site.options).toEqual({
    viewsMin: 2,
    motion: {
      mode: "sigmaDelta",
      threshold: 16,
      step: 1,
      gaussian: { slowFrames: 64, fastFrames: 4, holdFrames: 2048, snrMin: 5 },
    },
    cellShift: "auto",
    blobPixelsMin: 2,
    rays: "cells",
    floodedFraction: 0.3,
    target: { sizeM: 1, speedMps: 20, accelerationMps2: 10 },
    frameSet: { deadlineMs: 100 },
  });
  expect(site.cameras[0]?.clock).toEqual({ offsetS: 0, rate: 1, sigmaMs: 1, state: "free" });
  expect(site.cameras[0]?.intrinsics.distortion).toEqual([0, 0, 0, 0, 0]);
  expect(site.cameras[0]?.pose).toMatchObject({ positionSigmaM: 0.02, angleSigmaDeg: 0.05 });
});

test("Clock in pieces rises and has no other offset or rate, in a site and in a draft", () => {
  const pieces = (second: number): [number, number][] => [
    [1, 0],
    [second, 0.5],
  ];
  for (const [clock, wanted] of [
    [{ pieces: pieces(1) }, "cameras[0].clock.pieces[1][0] is 1, need seconds > 1 (the piece before)"],
    [{ pieces: pieces(2), offsetS: 3 }, "need either pieces or offsetS and rate"],
  ] as const) {
    const { pose: _, ...bare } = cameraInput({ clock });
    expect(() => siteOf({ cameras: [cameraInput({ clock }), cameraInput({ id: "b" })] })).toThrow(wanted);
    expect(() => parseSiteDraft({ name: "draft", cameras: [bare] }, "draft.json")).toThrow(wanted);
  }
  expect(siteOf({ cameras: [cameraInput({ clock: { pieces: pieces(2) } })] }).cameras[0]?.clock.pieces).toEqual(
    pieces(2),
  );
});

test("Site asks for three views from four cameras on", () => {
  const cameras = ["a", "b", "c", "d"].map((id) => cameraInput({ id }));
  expect(siteOf({ cameras }).options.viewsMin).toBe(3);
  expect(siteOf({ cameras: cameras.slice(0, 3) }).options.viewsMin).toBe(2);
  expect(siteOf({ cameras, options: { viewsMin: 2 } }).options.viewsMin).toBe(2);
});

test("Site looks for faint points only over a background that knows its noise", () => {
  const spots = {};
  expect(() => siteOf({ options: { spots } })).toThrow("options.motion.mode");
  const { options } = siteOf({ options: { spots, motion: { mode: "gaussian" } } });
  expect(options.spots).toEqual({ falseAlarmsPerFrame: 10, perTileMax: 8 });
});

test("Site pairs a camera with one thermal camera, which has none itself and no second partner", () => {
  const thermal = (camera: string) => ({ thermal: { camera, rangeM: 500 } });
  const cameras = (a: object, b: object, c: object) => [
    cameraInput({ id: "a", ...a }),
    cameraInput({ id: "b", ...b }),
    cameraInput({ id: "c", ...c }),
  ];
  const paired = siteOf({ cameras: cameras(thermal("b"), {}, {}) });
  expect(paired.cameras[0]?.thermal).toEqual({ camera: cameraId("b"), rangeM: 500, gatePx: 3, gain: 1 });
  // A pair is one view: with its partner "a" two of the three cameras can agree.
  expect(() => siteOf({ cameras: cameras(thermal("b"), {}, {}), options: { viewsMin: 3 } })).toThrow(
    "at most 2, the number of cameras (a pair counts as one)",
  );
  expect(() => siteOf({ cameras: cameras(thermal("x"), {}, {}) })).toThrow("the id of another camera of the site");
  expect(() => siteOf({ cameras: cameras(thermal("a"), {}, {}) })).toThrow("the id of another camera of the site");
  expect(() => siteOf({ cameras: cameras(thermal("b"), thermal("c"), {}) })).toThrow("has no thermal camera itself");
  expect(() => siteOf({ cameras: cameras(thermal("c"), thermal("c"), {}) })).toThrow('not already with "a"');
});

test("Site casts rays through blobs where a camera has no thermal one, and says so where none is left", () => {
  const thermal = { camera: "b", rangeM: 500 };
  const [a, b, c] = [cameraInput({ id: "a", thermal }), cameraInput({ id: "b" }), cameraInput({ id: "c" })];
  const options = { rays: "blobs" } as const;
  expect(siteOf({ cameras: [a, b, c], options }).options.rays).toBe("blobs");
  expect(() => siteOf({ cameras: [a, b], options })).toThrow(
    'options.rays is "blobs", need "cells", which a camera with a thermal one casts rays through, as all cameras here',
  );
});

test("Site leaves the size of voxels to the cameras where it says auto", () => {
  const volume: SiteInput["volume"] = { minM: [0, 0, 0], maxM: [10_000, 10_000, 1000], voxelSizeM: "auto" };
  expect(siteOf({ volume }).volume.voxelSizeM).toBe("auto");
});

test("Site scales a quaternion of few decimals to length 1", () => {
  // 1.0005 times [0.6, 0.8, 0, 0].
  const pose = { positionM: [0, 0, 0], orientation: { cameraFromEnu: [0.6003, 0.8004, 0, 0] } };
  const site = parseSite({ ...siteInput(), cameras: [{ ...cameraInput(), pose }] }, "x.json");
  const orientation = site.cameras[0]?.pose.orientation;
  if (orientation === undefined || !("cameraFromEnu" in orientation))
    throw new Error("the orientation is a quaternion");
  expect(orientation.cameraFromEnu[0]).toBeCloseTo(0.6, 15);
  expect(orientation.cameraFromEnu[1]).toBeCloseTo(0.8, 15);
});

test("Site reads its own output", () => {
  const site = siteOf({ origin: { latitudeDeg: 47, longitudeDeg: 8, heightM: 400 } });
  expect(parseSite(structuredClone(site), "again")).toEqual(site);
});

/** Breaks the value at a dotted path of a good site, or removes it where the value is undefined. */
function broken(path: string, value: unknown): object {
  const site = structuredClone(siteInput());
  const keys = path.split(".");
  let parent: object = site;
  for (const key of keys.slice(0, -1)) parent = Reflect.get(parent, key);
  const last = keys.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else Reflect.set(parent, last, value);
  return site;
}

const refusals: readonly (readonly [path: string, value: unknown, text: string])[] = [
  ["cameras.1.intrinsics.fxPx", null, "cameras[1].intrinsics.fxPx is null, need a number > 0"],
  ["cameras.1.intrinsics.fxPx", 0, "cameras[1].intrinsics.fxPx is 0, need a number > 0"],
  ["cameras.1.intrinsics.fxPx", undefined, "cameras[1].intrinsics.fxPx is missing, need a number > 0"],
  ["cameras.0.intrinsics.cxPx", Number.NaN, "cameras[0].intrinsics.cxPx is NaN, need a number"],
  ["volume.voxelSizeM", "fine", 'volume.voxelSizeM is "fine", need a number > 0 or "auto"'],
  ["volume.voxelSizeM", Number.POSITIVE_INFINITY, 'volume.voxelSizeM is Infinity, need a number > 0 or "auto"'],
  ["cameras.0.intrinsics.widthPx", 640.5, "cameras[0].intrinsics.widthPx is 640.5, need an integer from 1 to 16384"],
  ["cameras.0.intrinsics.fx", 500, 'cameras[0].intrinsics.fx is not a known key, need "fxPx"'],
  ["camera", [], 'camera is not a known key, need "cameras"'],
  ["options", { motoin: {} }, 'options.motoin is not a known key, need "motion"'],
  [
    "origin",
    { zzzzzzz: 1, latitudeDeg: 0, longitudeDeg: 0, heightM: 0 },
    'origin.zzzzzzz is not a known key, need one of "latitudeDeg", "longitudeDeg", "heightM"',
  ],
  ["cameras.1.id", "a", 'cameras[1].id is "a", need an id other than that of cameras[0]'],
  ["cameras.1.id", "b c", 'cameras[1].id is "b c", need a text like ^[A-Za-z0-9_-]+$'],
  ["cameras", [], "cameras is [], need an array of 1 to 32 objects"],
  [
    "cameras.0.source",
    "rtsp://x",
    'cameras[0].source is "rtsp://x", need "scene:NAME", "images:FOLDER", "video:FILE" or "labels:FILE"',
  ],
  [
    "cameras.0.source",
    "images:left",
    "cameras[0].frameRateHz is missing, need a number > 0 for an images: or labels: source",
  ],
  [
    "cameras.0.frameRateHz",
    30,
    "cameras[0].frameRateHz is 30, need no frame rate for a scene: source, which knows its own",
  ],
  ["cameras.0.pose.positionM", [1, 2], "cameras[0].pose.positionM is [1,2], need an array of 3 numbers"],
  [
    "cameras.0.pose.orientation",
    { cameraFromEnu: [1, 1, 0, 0] },
    "cameras[0].pose.orientation.cameraFromEnu is [1,1,0,0], need a unit quaternion [w, x, y, z]",
  ],
  [
    "cameras.0.pose.orientation",
    { cameraFromEnu: [1, 0, null, 0] },
    "cameras[0].pose.orientation.cameraFromEnu[2] is null, need a number",
  ],
  [
    "cameras.0.pose.orientation",
    {},
    'cameras[0].pose.orientation is {}, need an object with "cameraFromEnu" or an object with "lookAtM"',
  ],
  [
    "cameras.0.pose.orientation",
    { lookAtM: [0, 0, 0] },
    "cameras[0].pose.orientation.lookAtM is [0,0,0], need a point other than the camera's position",
  ],
  [
    "cameras.0.clock",
    { state: "lokced" },
    'cameras[0].clock.state is "lokced", need one of "locked", "holdover", "free"',
  ],
  ["volume.maxM", [1, 9, 1], "volume.maxM[1] is 9, need a number > 9 (volume.minM[1])"],
  ["options", { viewsMin: 3 }, "options.viewsMin is 3, need at most 2, the number of cameras"],
  ["options", { viewsMin: 1 }, "options.viewsMin is 1, need an integer from 2 to 32"],
  ["options", { cellShift: 6 }, 'options.cellShift is 6, need an integer from 0 to 5 or "auto"'],
  ["options", { floodedFraction: 0 }, "options.floodedFraction is 0, need a number > 0 and at most 1"],
  [
    "options",
    { motion: { gaussian: { snrMin: 6 } } },
    "options.motion.mode is missing, need gaussian, the mode that options.motion.gaussian is of",
  ],
  [
    "options",
    { motion: { mode: "average", gaussian: { slowFrames: 32 } } },
    'options.motion.mode is "average", need gaussian, the mode that options.motion.gaussian is of',
  ],
  [
    "options",
    { motion: { mode: "gaussian", gaussian: { slowFrames: 16, fastFrames: 17 } } },
    "options.motion.gaussian.fastFrames is 17, need at most 16 (options.motion.gaussian.slowFrames)",
  ],
  [
    "options",
    { motion: { mode: "gaussian" }, spots: { falseAlarmsPerFrame: 1001 } },
    "options.spots.falseAlarmsPerFrame is 1001, need a number from 1e-9 to 1000",
  ],
  [
    "options",
    { motion: { mode: "gaussian" }, spots: { falseAlarmsPerFrame: 0 } },
    "options.spots.falseAlarmsPerFrame is 0, need a number from 1e-9 to 1000",
  ],
  ["name", undefined, "name is missing, need a text"],
];

for (const [path, value, text] of refusals) {
  test(`Site refuses ${path} = ${JSON.stringify(value) ?? "undefined"} in one line`, () => {
    const refusal = refusalOf(() => parseSite(broken(path, value), "x.json"));
    expect(refusal.message).toBe(`Cannot read site "x.json": ${text}`);
    expect(refusal.code).toBe("site");
  });
}

test("Site says how much more is wrong", () => {
  const site = { ...siteInput(), name: 5, volume: null };
  expect(refusalOf(() => parseSite(site, "x.json")).message).toBe(
    'Cannot read site "x.json": name is 5, need a text (and 1 more)',
  );
  expect(refusalOf(() => parseSite(null, "x.json")).message).toBe(
    'Cannot read site "x.json": the file\'s content is null, need an object with "name", "volume", "cameras"',
  );
});

test("Site file that is absent or no JSON is named", async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.join("site.json");
  await expect(loadSite(path)).rejects.toThrow(`Cannot read site "${path}": no such file, need a site.json`);
  await Bun.write(path, "{ name: ");
  await expect(loadSite(path)).rejects.toThrow(/^Cannot read site ".*": JSON Parse error.*, need JSON$/);
  await Bun.write(path, JSON.stringify(siteInput()));
  expect(await loadSite(path)).toEqual(siteOf());
});

test("Published schema is that of the code", async () => {
  // Where it differs: `bun run gen` in this package writes it anew.
  expect(await Bun.file(SCHEMA_FILE).json()).toEqual(siteJsonSchema());
});

test("Every key of the schema is described", () => {
  expect(undescribed(siteJsonSchema(), "site")).toEqual([]);
});

function undescribed(node: object, path: string): string[] {
  const properties = Object.entries(Reflect.get(node, "properties") ?? {});
  const items: unknown = Reflect.get(node, "items");
  const alternatives: unknown[] = Reflect.get(node, "anyOf") ?? [];
  const inner = [
    ...properties.map(([key, child]): [string, unknown] => [`${path}.${key}`, child]),
    ...alternatives.map((child): [string, unknown] => [`${path}|`, child]),
    ...(typeof items === "object" && items !== null ? [[`${path}[]`, items] as [string, unknown]] : []),
  ];
  const own = properties
    .filter(([, child]) => typeof child === "object" && child !== null && !("description" in child))
    .map(([key]) => `${path}.${key}`);
  return [
    ...own,
    ...inner.flatMap(([at, child]) => (typeof child === "object" && child !== null ? undescribed(child, at) : [])),
  ];
}

function refusalOf(action: () => unknown): SkyvoxError {
  try {
    action();
  } catch (error) {
    if (error instanceof SkyvoxError) return error;
    throw error;
  }
  throw new Error("the action succeeded");
}

import { afterAll, describe, expect, test } from "bun:test";
import { samplesOf } from "./api-metrics-text.ts";
import { history, plainView, png, serve } from "./api-view.ts";

const view = plainView();
const api = serve(view);
afterAll(() => api[Symbol.asyncDispose]());

async function get(path: string): Promise<{ status: number; type: string | null; body: unknown }> {
  const response = await fetch(api.url + path);
  return { status: response.status, type: response.headers.get("content-type"), body: await response.json() };
}

/** Asks a server over other values than the shared one. */
async function getFrom(changed: Parameters<typeof plainView>[0], path: string) {
  await using other = serve(plainView(changed));
  const response = await fetch(other.url + path);
  return { status: response.status, type: response.headers.get("content-type"), body: await response.json() };
}

describe("Node routes", () => {
  test("Health says that the process answers and for how long", async () => {
    expect(await get("/healthz")).toEqual({
      status: 200,
      type: "application/json",
      body: { status: "ok", uptimeS: 90.5 },
    });
  });

  test("Readiness lists every check when all are ok", async () => {
    const { status, body } = await get("/readyz");
    expect(status).toBe(200);
    expect(body).toEqual({ ready: true, checks: [{ name: "worker", ok: true, detail: "cpu" }] });
  });

  test("Readiness is a 503 problem with the whole list when one check is not ok", async () => {
    const checks = [
      { name: "worker", ok: true, detail: "cpu" },
      { name: "camera east", ok: false, detail: "no frame for 5 s" },
    ];
    expect(await getFrom({ checks: () => checks }, "/readyz")).toEqual({
      status: 503,
      type: "application/problem+json",
      body: {
        type: "about:blank",
        title: "Service Unavailable",
        status: 503,
        detail: "Cannot work: camera east not ok, need every check ok",
        instance: "/readyz",
        checks,
      },
    });
  });

  test("Version names the program, its version and its runtime", async () => {
    const { body } = await get("/version");
    expect(body).toEqual({ name: "skyvox", version: "0.1.0", runtime: `Bun ${Bun.version}` });
  });
});

describe("Site and cameras", () => {
  test("Site tells its origin, volume and cameras", async () => {
    const { status, body } = await get("/api/v1/site");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: "two cameras",
      origin: { latitudeDeg: 47, longitudeDeg: 8, heightM: 400 },
      volume: { minM: [-10, -20, 0], maxM: [10, 20, 30], voxelSizeM: 0.5 },
      cameras: [{ id: "north" }, { id: "east" }],
      hasTruth: true,
    });
  });

  test("Cameras join the site's description with what is seen now, null where nothing is", async () => {
    const { body } = await get("/api/v1/cameras");
    expect(body).toMatchObject({
      cameras: [
        { id: "north", positionM: [0, 50, 2], live: { state: "running", blobs: [[3, 4, 10, 12]] } },
        { id: "east", positionM: [50, 0, 2], live: null },
      ],
    });
  });

  test("One camera is found by its id", async () => {
    const { status, body } = await get("/api/v1/cameras/east");
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: "east", cameraFromEnu: [0, 1, 0, 0, 0, -1, -1, 0, 0], live: null });
  });

  test("An unknown camera is a 404 that names those the site has", async () => {
    const { status, body } = await get("/api/v1/cameras/w%C3%ABst");
    expect(status).toBe(404);
    expect(body).toMatchObject({ detail: 'Cannot find camera "wëst": the site has none, need one of north, east' });
  });
});

describe("Snapshots", () => {
  test("A snapshot is the picture the node encoded at the width asked for, 640 by default", async () => {
    const asked = plainView();
    await using other = serve(asked);
    const first = await fetch(`${other.url}/api/v1/cameras/north/snapshot.png?width=16`);
    expect(first.headers.get("content-type")).toBe("image/png");
    expect(first.headers.get("cache-control")).toBe("no-store");
    expect(first.headers.get("skyvox-time-s")).toBe("12.250000");
    expect(await first.bytes()).toEqual(png);
    await (await fetch(`${other.url}/api/v1/cameras/north/snapshot.png`)).bytes();
    expect(asked.snapshotsAsked).toEqual([
      { camera: "north", widthPx: 16 },
      { camera: "north", widthPx: 640 },
    ]);
  });

  test.each(["0", "15", "4097", "1.5", "-20", "wide", "", "0x40", "1e2", "%20", "99999999999999999999"])(
    "A snapshot %p wide is refused",
    async (width) => {
      const { status, body } = await get(`/api/v1/cameras/north/snapshot.png?width=${width}`);
      expect(status).toBe(422);
      expect(body).toMatchObject({ errors: [{ where: "query.width" }] });
    },
  );

  test("A camera without a picture yet, and one that is not there, are 404", async () => {
    expect(await get("/api/v1/cameras/east/snapshot.png")).toMatchObject({
      status: 404,
      body: { detail: 'Cannot show camera "east": no frame has come yet' },
    });
    expect((await get("/api/v1/cameras/none/snapshot.png")).status).toBe(404);
  });
});

describe("Tracks", () => {
  const idsOf = (body: unknown) => (body as { tracks: { id: number }[] }).tracks.map(({ id }) => id);

  test("Tracks are those of the last frame set, by state where asked", async () => {
    const { body } = await get("/api/v1/tracks");
    expect(body).toMatchObject({ timeS: 12.5, tracks: [{ id: 7, velocityMps: [4, 0, -1] }, {}, {}] });
    expect(idsOf((await get("/api/v1/tracks?state=confirmed")).body)).toEqual([7]);
    expect(idsOf((await get("/api/v1/tracks?state=tentative,coasting")).body)).toEqual([8, 9]);
  });

  test("Tracks are empty and without time before the first frame set", async () => {
    const { status, body } = await getFrom({ tracks: () => null }, "/api/v1/tracks");
    expect(status).toBe(200);
    expect(body).toEqual({ timeS: null, tracks: [] });
  });

  test("A state that does not exist and a parameter that is not known are refused", async () => {
    const wrong = await get("/api/v1/tracks?state=confirmed,lost");
    expect(wrong).toMatchObject({ status: 422, type: "application/problem+json" });
    expect(wrong.body).toMatchObject({ title: "Unprocessable Entity", errors: [{ where: "query.state.1" }] });
    expect((await get("/api/v1/tracks?colour=red")).status).toBe(422);
    expect((await get("/api/v1/tracks?state=")).status).toBe(422);
  });

  test("One track comes with its history, oldest first, and its latest update", async () => {
    const { status, body } = await get("/api/v1/tracks/7");
    expect(status).toBe(200);
    const latest = {
      timeS: 12.5,
      state: "confirmed",
      positionM: [1, 2, 3],
      velocityMps: [4, 0, -1],
      covariance: Array.from(history[1]?.covariance ?? []),
      score: 21.5,
      detectionCount: 118,
      missedCount: 0,
    };
    const earlier = { ...latest, timeS: 12.4, state: "tentative", positionM: [0.6, 2, 3] };
    expect(body).toEqual({ id: 7, firstTimeS: 8.5, latest, history: [earlier, latest] });
  });

  test("A track that is not known is 404, an id that is no number 422", async () => {
    expect((await get("/api/v1/tracks/6")).status).toBe(404);
    for (const id of ["seven", "-1", "7.0", "%20", "0x7"]) expect((await get(`/api/v1/tracks/${id}`)).status).toBe(422);
    expect((await getFrom({ history: () => [] }, "/api/v1/tracks/7")).status).toBe(404);
  });
});

describe("Voxels", () => {
  test("The summary counts voxels and finds the largest evidence", async () => {
    const { body } = await get("/api/v1/voxels/summary");
    expect(body).toEqual({
      timeS: 12.5,
      voxelSizeM: 0.5,
      minM: [-10, -20, 0],
      count: 3,
      evidenceMax: 1000,
      memoryBytes: 4096,
      evictedCount: 2,
    });
  });

  test("Voxels as JSON are rows of index and evidence", async () => {
    const { body } = await get("/api/v1/voxels");
    expect(body).toEqual({
      timeS: 12.5,
      voxelSizeM: 0.5,
      minM: [-10, -20, 0],
      totalCount: 3,
      voxels: [
        [0, 0, 0, 64],
        [1, 2, 3, 1000],
        [40, 80, 59, 64],
      ],
    });
  });

  test("A limit keeps the strongest voxels in index order, the first among equals", async () => {
    expect((await get("/api/v1/voxels?limit=1")).body).toMatchObject({ totalCount: 3, voxels: [[1, 2, 3, 1000]] });
    expect((await get("/api/v1/voxels?limit=2")).body).toMatchObject({
      voxels: [
        [0, 0, 0, 64],
        [1, 2, 3, 1000],
      ],
    });
  });

  test("Voxels as PLY are their centres in metres and their evidence", async () => {
    const response = await fetch(`${api.url}/api/v1/voxels?format=ply&limit=1`);
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="voxels.ply"');
    const bytes = await response.bytes();
    const headerEnd = "end_header\n";
    const text = new TextDecoder("latin1").decode(bytes);
    const header = text.slice(0, text.indexOf(headerEnd) + headerEnd.length);
    expect(header.split("\n").slice(0, 2)).toEqual(["ply", "format binary_little_endian 1.0"]);
    expect(header).toContain(
      "element vertex 1\nproperty float x\nproperty float y\nproperty float z\nproperty float evidence\n",
    );
    expect(bytes.length).toBe(header.length + 16);
    const data = new DataView(bytes.buffer, bytes.byteOffset + header.length);
    // Voxel [1, 2, 3] of 0.5 m from [-10, -20, 0]: its centre lies at -10 + 1.5 * 0.5 and so on.
    expect([0, 4, 8, 12].map((at) => data.getFloat32(at, true))).toEqual([-9.25, -18.75, 1.75, 1000]);
  });

  test("A large PLY holds every voxel at its place, first to last", async () => {
    const count = 70_000;
    const indices = Uint16Array.from({ length: 3 * count }, (_, i) => Math.floor(i / 3) % 2000);
    const evidence = Float32Array.from({ length: count }, (_, i) => i);
    await using other = serve(plainView({ voxels: () => ({ ...view.voxels(), indices, evidence }) }));
    const bytes = await (await fetch(`${other.url}/api/v1/voxels?format=ply&limit=100000`)).bytes();
    const data = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 16 * count);
    const wrong = Array.from(evidence, (_, i) => i).filter((i) => {
      const eastM = -10 + ((i % 2000) + 0.5) * 0.5;
      return data.getFloat32(16 * i, true) !== eastM || data.getFloat32(16 * i + 12, true) !== i;
    });
    expect(wrong).toEqual([]);
  });

  test("An empty grid is an empty answer in both formats", async () => {
    const empty = { ...view.voxels(), indices: new Uint16Array(), evidence: new Float32Array() };
    await using other = serve(plainView({ voxels: () => empty }));
    expect(await (await fetch(`${other.url}/api/v1/voxels`)).json()).toMatchObject({ totalCount: 0, voxels: [] });
    expect(await (await fetch(`${other.url}/api/v1/voxels?format=ply`)).text()).toEndWith(
      "element vertex 0\nproperty float x\nproperty float y\nproperty float z\nproperty float evidence\nend_header\n",
    );
    expect(await (await fetch(`${other.url}/api/v1/voxels/summary`)).json()).toMatchObject({
      count: 0,
      evidenceMax: 0,
    });
  });

  test.each(["limit=0", "limit=100001", "limit=", "limit=1,000", "format=vdb", "format="])(
    "Voxels with %p are refused",
    async (query) => {
      expect((await get(`/api/v1/voxels?${query}`)).status).toBe(422);
    },
  );
});

describe("Line and backends", () => {
  test("Pipeline statistics join the counters since start with the last seconds", async () => {
    const { body } = await get("/api/v1/pipeline/stats");
    expect(body).toMatchObject({
      uptimeS: 90.5,
      frameSetsTotal: 360,
      stageSeconds: { observe: 0.72 },
      cameras: [{ id: "north", framesTotal: 362 }],
      line: { raysPerFrameSet: 310 },
      frames: {
        memoryBytes: 30_000_000,
        profile: { name: "latency", pollMs: 0, isChecked: false },
        cameras: [{ id: "north", published: 364 }],
      },
      process: { cpuPercent: 41 },
    });
    expect((await getFrom({ cameras: () => null }, "/api/v1/pipeline/stats")).body).toMatchObject({
      line: null,
      process: null,
    });
  });

  test("Backends are listed with what each answered", async () => {
    const { body } = await get("/api/v1/backends");
    expect(body).toEqual({
      runs: { backend: "cpu", device: "AVX2, 2 threads", reason: "fastest of 2" },
      backends: [
        { backend: "cuda", ok: false, chosen: false, reason: "no CUDA driver here", from: "cache" },
        {
          ...{ backend: "cpu", ok: true, chosen: true, reason: "fastest of 2", from: "probe" },
          ...{ device: "AVX2, 2 threads", stepMs: 4.5 },
        },
        { backend: "reference", ok: true, chosen: false, reason: "the truth the others are checked against" },
      ],
    });
  });
});

describe("Metrics", () => {
  test("A scrape reads the node's values in base units", async () => {
    const response = await fetch(`${api.url}/metrics`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const values = samplesOf(await response.text());
    expect(Object.fromEntries(values)).toMatchObject({
      'skyvox_frames_total{camera="north"}': 362,
      'skyvox_frames_dropped_total{camera="north",reason="skipped"}': 5,
      'skyvox_frames_dropped_total{camera="north",reason="late"}': 3,
      'skyvox_frames_dropped_total{camera="north",reason="missing"}': 1,
      'skyvox_camera_fps{camera="north"}': 30,
      skyvox_frame_sets_total: 360,
      skyvox_rays_total: 111_600,
      skyvox_worker_restarts_total: 0,
      'skyvox_stage_seconds_total{stage="observe"}': 0.72,
      'skyvox_end_to_end_latency_seconds{quantile="0.99"}': 0.021,
      'skyvox_tracks{state="confirmed"}': 1,
      skyvox_voxels_active: 3,
      skyvox_voxel_bytes: 4096,
      'skyvox_check_ok{check="worker"}': 1,
      'skyvox_build_info{version="0.1.0",backend="cpu"}': 1,
    });
  });

  test("A second scrape shows the values of then, and series of cameras that are gone are gone", async () => {
    let framesTotal = 1;
    const base = plainView();
    const counters = () => {
      const cameras = framesTotal > 2 ? [] : base.counters().cameras.map((camera) => ({ ...camera, framesTotal }));
      return { ...base.counters(), cameras };
    };
    await using other = serve(plainView({ counters }));
    const scrape = async () => samplesOf(await (await fetch(`${other.url}/metrics`)).text());
    const name = 'skyvox_frames_total{camera="north"}';
    expect((await scrape()).get(name)).toBe(1);
    framesTotal = 2;
    expect((await scrape()).get(name)).toBe(2);
    framesTotal = 3;
    expect((await scrape()).has(name)).toBe(false);
  });
});

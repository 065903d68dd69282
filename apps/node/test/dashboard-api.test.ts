/** The routes that the page's looking back and explaining live on: over plain values, and against a node that runs. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { siteFromScene } from "@skyvox/cameras";
import { distance } from "@skyvox/core";
import type {
  CameraExplanation,
  PlaceExplanation,
  StreamMessage,
  TrackExplanation,
  TracksMessage,
} from "@skyvox/dashboard";
import { pairScene } from "@skyvox/scene";
import { defaultTrackerOptions } from "@skyvox/tracking";
import { openApiDocument } from "../src/api/openapi.ts";
import { explainedSite } from "../src/explain/evidence.ts";
import { type HistoryExtent, StepHistory } from "../src/step-history.ts";
import { mismatches, type Schema } from "./api-json-schema.ts";
import { cameras, history, plainView, serve, site, tracks } from "./api-view.ts";
import { camerasWhere, followed, liveNode, tracksWhere } from "./live-node.ts";
import { TemporaryFolder } from "./run-node.ts";

// Tests of the whole program start it.
setDefaultTimeout(60_000);

interface Described {
  readonly paths: Readonly<
    Record<string, { get?: { responses: Record<string, { content?: Record<string, { schema: Schema }> }> } }>
  >;
}
const document: Described = JSON.parse(JSON.stringify(openApiDocument("0.1.0")));

/** Asks for a path and checks the answer against the document. */
async function asked(url: string, path: string, template = path.split("?")[0] ?? path): Promise<unknown> {
  const response = await fetch(url + path);
  const type = response.headers.get("content-type") ?? "";
  const schema = document.paths[template]?.get?.responses[response.status]?.content?.[type]?.schema;
  expect([template, response.status, type, schema === undefined]).toEqual([template, response.status, type, false]);
  const body = await response.json();
  expect(mismatches(document, schema ?? {}, body)).toEqual([]);
  return body;
}

/** Reads a span of the history, asking on until all of it is there. */
async function historyOf(url: string, fromS: number, toS: number): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  for (let next: string = String(fromS); next !== ""; ) {
    const response = await fetch(`${url}/api/v1/history?from=${next}&to=${toS}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    const schema = document.paths["/api/v1/history"]?.get?.responses[200]?.content?.["application/x-ndjson"]?.schema;
    for (const line of (await response.text()).split("\n").filter(Boolean)) {
      const message = JSON.parse(line) as StreamMessage;
      expect(mismatches(document, schema ?? {}, message)).toEqual([]);
      messages.push(message);
    }
    next = response.headers.get("skyvox-next-s") ?? "";
  }
  return messages;
}

test("The history is what was published, a line each, and its summary says how much of it there is", async () => {
  const past = new StepHistory({ secondsMax: 60, bytesMax: 1e6 });
  past.add(cameras);
  past.add(tracks);
  past.add({ ...tracks, timeS: 12.6, truth: [{ name: "a", positionM: [1, 2, 3] }] });
  await using api = serve(plainView({ past }));
  expect(await historyOf(api.url, 12, 12.6)).toEqual([cameras, tracks]);
  expect(await historyOf(api.url, -5, 99)).toHaveLength(3);
  expect(await historyOf(api.url, 13, 99)).toEqual([]);
  const extent = await asked(api.url, "/api/v1/history/summary");
  expect(extent).toMatchObject({ firstS: 12.4, lastS: 12.6, stepCount: 2, secondsMax: 60, bytesMax: 1e6 });
});

test.each(["from=1", "to=1", "from=a&to=2", "from=1&to=2&limit=3", "from=1e3&to=2", "from=&to=2"])(
  "A history asked for with %p is refused",
  async (query) => {
    await using api = serve();
    const response = await fetch(`${api.url}/api/v1/history?${query}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([422, "application/problem+json"]);
  },
);

test("Explanations of a node are as the document says, and 404 where there is nothing to explain", async () => {
  const evidence = {
    ...explainedSite(site, defaultTrackerOptions),
    ...{ timeNs: 12_500_000_000n, detections: [], updates: history.slice(-1), reports: [] },
  };
  await using api = serve(plainView({ evidence: () => evidence }));
  const track = await asked(api.url, "/api/v1/tracks/7/explanation", "/api/v1/tracks/{id}/explanation");
  expect(track).toMatchObject({ id: 7, state: "confirmed", detection: null });
  await asked(api.url, "/api/v1/tracks/8/explanation", "/api/v1/tracks/{id}/explanation");
  expect(await asked(api.url, "/api/v1/explanation?e=1.5&n=-2&u=3")).toMatchObject({ positionM: [1.5, -2, 3] });
  expect(await asked(api.url, "/api/v1/explanation?e=1.5&n=-2")).toMatchObject({ status: 422 });
  const camera = await asked(api.url, "/api/v1/cameras/north/explanation", "/api/v1/cameras/{id}/explanation");
  expect(camera).toMatchObject({ id: "north", things: [], summary: "no frame yet" });
  const absent = await asked(api.url, "/api/v1/cameras/up/explanation", "/api/v1/cameras/{id}/explanation");
  expect(absent).toMatchObject({
    status: 404,
    detail: 'Cannot explain camera "up": the site has none, need one of north, east',
  });
  await using early = serve();
  expect(await asked(early.url, "/api/v1/explanation?e=1&n=2&u=3")).toMatchObject({ status: 404 });
});

test("A recording that has ended can be looked back on from its first frame set to its last", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("site.json");
  await Bun.write(file, JSON.stringify(siteFromScene(pairScene(1), "scene:pair?frames=45")));
  await using node = await liveNode(["--site", file, "--kernels", "cpu"]);
  await camerasWhere(node.url, (message) => message.cameras.every(({ state }) => state === "ended"));
  const extent = (await asked(node.url, "/api/v1/history/summary")) as HistoryExtent;
  const messages = await historyOf(node.url, extent.firstS ?? 0, (extent.lastS ?? 0) + 1);
  const steps = messages.filter((message): message is TracksMessage => message.type === "tracks");
  expect(steps).toHaveLength(extent.stepCount);
  expect(steps.map(({ timeS }) => timeS)).toEqual(steps.map(({ timeS }) => timeS).toSorted((a, b) => a - b));
  expect(steps[0]?.timeS).toBe(extent.firstS ?? Number.NaN);
  // The last one published is the one the node still shows, and it comes with its truth.
  const shown = (await (await fetch(`${node.url}/api/v1/tracks`)).json()) as TracksMessage;
  expect(steps.at(-1)).toMatchObject({ timeS: shown.timeS, tracks: [...shown.tracks] });
  expect(steps.at(-1)?.truth?.length).toBeGreaterThan(0);
});

test("A running node explains its tracks, the place of one, a place of none and a camera", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  const { tracks: now } = await tracksWhere(node.url, (message) => followed(message).size >= 4);
  const explained = await Promise.all(
    now
      .filter(({ state }) => state === "confirmed")
      .map(async ({ id }) => {
        const path = `/api/v1/tracks/${id}/explanation`;
        return (await asked(node.url, path, "/api/v1/tracks/{id}/explanation")) as TrackExplanation;
      }),
  );
  const seen = explained.filter(({ state, missedCount }) => state === "confirmed" && missedCount === 0);
  expect(seen.length).toBeGreaterThan(0);
  for (const { detection, cameras: verdicts, score, confirmScore, gate } of seen.map((it) => ({
    ...it,
    gate: it.detection?.gate ?? 0,
  }))) {
    expect(score).toBeGreaterThan(confirmScore);
    expect(detection?.squaredSigmas).toBeLessThan(gate);
    // Every camera that took part in the detection says so.
    expect(verdicts.filter(({ verdict }) => verdict === "seen")).toHaveLength(detection?.cameraCount ?? -1);
  }
  const [first] = seen;
  const [e, n, u] = first?.detection?.positionM ?? [0, 0, 0];
  const here = `/api/v1/explanation?e=${e.toFixed(3)}&n=${n.toFixed(3)}&u=${u.toFixed(3)}`;
  const place = (await asked(node.url, here)) as PlaceExplanation;
  expect(distance(place.positionM, [e, n, u])).toBeLessThan(0.01);
  expect(place.cameras).toHaveLength(4);
  expect(await asked(node.url, "/api/v1/explanation?e=0&n=0&u=-50")).toMatchObject({ verdict: "outside" });
  const path = "/api/v1/cameras/south-west/explanation";
  const camera = (await asked(node.url, path, "/api/v1/cameras/{id}/explanation")) as CameraExplanation;
  expect(camera.things.length).toBe(Math.min(16, camera.thingsMoving));
});

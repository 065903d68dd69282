/**
 * The page in a real browser, against a node that only plays a small world.
 *
 * WebGL runs on the processor here, so nothing waits for a number of frames; waits end with what they wait for.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { countCoreWait } from "./core-wait.ts";
import { type FakeNode, openFakeNode } from "./fake-node.ts";
import { LAUNCH_MS_MAX, launch, open, present, siteSeconds, TEST_MS_MAX, turns } from "./visit.ts";

const FIRST_TRACK_MS_MAX = 2_000;
const HEAP_GROWTH_BYTES_MAX = 4e6;

let browser: Browser;
let node: FakeNode;

const testPage = test.skipIf(!present);

beforeAll(async () => {
  if (!present) return;
  node = await openFakeNode({ voxelCount: 1_000 });
  browser = await launch();
}, LAUNCH_MS_MAX);

afterAll(async () => {
  await browser?.close();
  node?.[Symbol.dispose]();
});

testPage(
  "Page shows the first track within two seconds, asks nobody else and logs no error",
  async () => {
    let fastestMs = Number.POSITIVE_INFINITY;
    // The fastest of three loads, less what each waited for cores that other programs held: other work on this machine must not decide.
    for (let load = 0; load < 3 && fastestMs > FIRST_TRACK_MS_MAX; load++) {
      await using visit = await open(browser);
      const waitedMs = countCoreWait();
      const startMs = performance.now();
      await visit.page.goto(node.url);
      await visit.page.waitForSelector("#track-rows tr");
      fastestMs = Math.min(fastestMs, performance.now() - startMs - waitedMs());
      await visit.page.waitForSelector(".label-track", { state: "attached" });
      await pictures(visit.page, 1);
      expect(await visit.page.getAttribute("#scene", "data-view")).toBe("3d");
      expect(visit.elsewhere(node.url)).toEqual([]);
      expect(visit.complaints).toEqual([]);
    }
    expect(fastestMs).toBeLessThan(FIRST_TRACK_MS_MAX);
  },
  TEST_MS_MAX,
);

testPage(
  "Page tells in words and numbers what the node says",
  async () => {
    await using visit = await open(browser);
    await visit.page.goto(node.url);
    await visit.page.waitForSelector('#link[data-state="live"]');
    await visit.page.waitForFunction(() => document.querySelectorAll("#track-rows tr").length >= 5);
    expect(await visit.page.textContent("#site-name")).toBe("Proving ground");
    expect(await visit.page.textContent("#score")).toMatch(/5 of 5\s*targets\s*RMSE 0\.08 m · 0 false/);
    expect(await visit.page.textContent("#backend")).toContain("fastest of cpu and wgsl");
    expect(await visit.page.textContent('#track-rows tr:has-text("11")')).toMatch(/11\d+\.\d\d+\.\d±0\.35/);
    await visit.page.waitForFunction(() => document.querySelector(".tile-rates")?.textContent !== "");
    expect(await visit.page.textContent('[aria-label="Camera west"] .tile-foot')).toMatch(
      /60\.0 = 52\.4 \+ 7\.6 fps\s*12 missing · 3 late/,
    );
    expect(await visit.page.isVisible('[aria-label="Camera west"] .badge-warn')).toBe(true);
    expect(await visit.page.isVisible('[aria-label="Camera east"] .badge-warn')).toBe(false);
  },
  TEST_MS_MAX,
);

testPage(
  "Page draws pictures with boxes and track marks into the tiles",
  async () => {
    await using visit = await open(browser);
    await visit.page.goto(node.url);
    await pictures(visit.page, 2);
    // Amber exists in a grey picture only where a box is drawn.
    const handle = await visit.page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(".tile-picture");
      const image = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
      let grey = 0;
      let amber = 0;
      for (let i = 0; image && i < image.data.length; i += 4) {
        const [r = 0, g = 0, b = 0] = image.data.subarray(i, i + 3);
        if (r === g && g === b && r > 20) grey++;
        if (r > 200 && r - b > 90) amber++;
      }
      return image && amber > 20 ? { grey: grey / (image.width * image.height), amber } : null;
    });
    const seen = await handle.jsonValue();
    expect(seen?.grey).toBeGreaterThan(0.5);
    // Five boxes of some ten by eight pixels have outlines of a few hundred.
    expect(seen?.amber).toBeLessThan(3_000);
  },
  TEST_MS_MAX,
);

testPage(
  "Page obeys its keys",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    await page.waitForSelector(".label-track", { state: "attached" });
    for (const [key, layer] of Object.entries({ g: "truth", v: "voxels", e: "ellipsoids", t: "trails" })) {
      await page.keyboard.press(key);
      expect(await page.getAttribute(`#layer-${layer}`, "aria-pressed")).toBe("false");
      await page.keyboard.press(key);
      expect(await page.getAttribute(`#layer-${layer}`, "aria-pressed")).toBe("true");
    }
    await page.keyboard.press("2");
    await page.waitForSelector('[aria-label="Camera east"] [aria-pressed="true"]');
    expect(new URL(page.url()).hash).toBe("#camera=east");
    await page.waitForSelector(".backdrop:not([hidden])");
    await page.keyboard.press("Escape");
    await page.waitForSelector('[aria-label="Camera east"] [aria-pressed="false"]');
    expect(new URL(page.url()).hash).toBe("");
    await page.keyboard.press("?");
    expect(await page.isVisible("#help")).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.isVisible("#help")).toBe(false);
    await page.keyboard.press("Space");
    await page.waitForSelector('#pause[aria-pressed="true"]');
    await page.waitForSelector('#link[data-state="paused"]');
    const frozen = await page.textContent("#site-time");
    await turns(page, 20);
    expect(await page.textContent("#site-time")).toBe(frozen);
    await page.keyboard.press("Space");
    await page.waitForFunction((before) => document.getElementById("site-time")?.textContent !== before, frozen);
  },
  TEST_MS_MAX,
);

testPage(
  "Page goes where its address points, and a chosen track tells its numbers",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(`${node.url}#track=12&camera=south`);
    await page.waitForSelector('[aria-label="Camera south"] [aria-pressed="true"]');
    await page.waitForFunction(() => document.getElementById("detail-state")?.textContent === "confirmed");
    expect(await page.textContent("#detail")).toMatch(/Track 12[\s\S]*drone 2, 0\.0\d m off/);
    await page.click('[aria-label="Track 15"]');
    expect(new URL(page.url()).hash).toBe("#track=15&camera=south");
    await page.click("#unchoose");
    await page.waitForSelector("#detail", { state: "hidden" });
  },
  TEST_MS_MAX,
);

testPage(
  "Page comes back by itself after the node dropped it, and says so meanwhile",
  async () => {
    using own = await openFakeNode({ voxelCount: 100 });
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(own.url);
    await page.waitForSelector("#track-rows tr");
    own.dropStreams({ refusing: true });
    await page.waitForSelector('#veil[data-kind="lost"]:not([hidden])');
    expect(await page.textContent("#veil")).toContain("Line to the node lost");
    expect(await page.isVisible("#track-rows tr")).toBe(true);
    own.dropStreams({ refusing: false });
    await page.waitForSelector('#link[data-state="live"]');
    await page.waitForSelector("#veil", { state: "hidden" });
    expect(own.streamCount).toBe(1);
  },
  TEST_MS_MAX,
);

testPage(
  "Page is a map with the same table where there is no WebGL2",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.addInitScript(() => {
      const original = HTMLCanvasElement.prototype.getContext;
      Object.defineProperty(HTMLCanvasElement.prototype, "getContext", {
        value(this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
          return kind === "webgl2" ? null : Reflect.apply(original, this, [kind, ...rest]);
        },
      });
    });
    await page.goto(node.url);
    await page.waitForSelector('#scene[data-view="map"]', { state: "attached" });
    expect(await page.textContent(".map-hint")).toContain("no WebGL2");
    await page.waitForFunction(() => document.querySelectorAll("#track-rows tr").length >= 5);
    await page.waitForFunction(() => Number(document.getElementById("scene")?.dataset.frames) > 3);
    expect(visit.complaints).toEqual([]);
  },
  TEST_MS_MAX,
);

testPage(
  "Page holds its memory with 20 000 voxels over many minutes of site time",
  async () => {
    using own = await openFakeNode({ voxelCount: 20_000, paceOfTime: 40 });
    await using visit = await open(browser);
    const { page } = visit;
    const session = await page.context().newCDPSession(page);
    const heapBytes = async (): Promise<number> => {
      await session.send("HeapProfiler.collectGarbage");
      return (await session.send("Runtime.getHeapUsage")).usedSize;
    };
    await page.goto(own.url);
    await page.waitForSelector(".label-track", { state: "attached" });
    // By then the minute of curves and all trails are full.
    await siteSeconds(page, 80);
    const before = await heapBytes();
    const framesBefore = Number(await page.getAttribute("#scene", "data-frames"));
    await siteSeconds(page, 80);
    const frames = Number(await page.getAttribute("#scene", "data-frames")) - framesBefore;
    const growth = (await heapBytes()) - before;
    console.log(
      `20 000 voxels on the processor: ${frames} frames in 80 s of site time, heap ${(growth / 1e6).toFixed(2)} MB more`,
    );
    expect(growth).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
    expect(frames).toBeGreaterThan(0);
    expect(visit.complaints).toEqual([]);
  },
  TEST_MS_MAX,
);

testPage(
  "Page turns slowly by itself, but not for a person who asked for less motion",
  async () => {
    const place = (label: Element): string => (label instanceof HTMLElement ? label.style.transform : "");
    const frames = async (page: Page): Promise<number> => Number(await page.getAttribute("#scene", "data-frames"));
    await using calm = await open(browser, { reducedMotion: "reduce" });
    await calm.page.goto(node.url);
    await calm.page.waitForSelector(".label-camera", { state: "attached" });
    const still = await calm.page.$eval(".label-camera", place);
    const until = (await frames(calm.page)) + 4;
    await calm.page.waitForFunction(
      (wanted) => Number(document.getElementById("scene")?.dataset.frames) > wanted,
      until,
    );
    expect(await calm.page.$eval(".label-camera", place)).toBe(still);

    await using lively = await open(browser, { reducedMotion: "no-preference" });
    await lively.page.goto(node.url);
    await lively.page.waitForSelector(".label-camera", { state: "attached" });
    const start = await lively.page.$eval(".label-camera", place);
    await lively.page.waitForFunction((before) => {
      const label = document.querySelector<HTMLElement>(".label-camera");
      return label !== null && label.style.transform !== before;
    }, start);
  },
  TEST_MS_MAX,
);

/** Waits until the first camera's tile received so many pictures. */
async function pictures(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => Number(document.querySelector<HTMLElement>(".tile")?.dataset.pictures) >= wanted,
    count,
  );
}

/** Looking back, in a real browser: the slider, its keys, playing, the way back to the present and recordings that have ended. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { type FakeNode, openFakeNode, START_S } from "./fake-node.ts";
import { LAUNCH_MS_MAX, launch, open, present, siteSeconds, TEST_MS_MAX, turns } from "./visit.ts";

let browser: Browser;
let node: FakeNode;

const testPage = test.skipIf(!present);

beforeAll(async () => {
  if (!present) return;
  node = await openFakeNode({ voxelCount: 200 });
  browser = await launch();
}, LAUNCH_MS_MAX);

afterAll(async () => {
  await browser?.close();
  node?.[Symbol.dispose]();
});

/** Site time that the page shows, seconds. */
async function shownS(page: Page): Promise<number> {
  return Number(await page.getAttribute("#site-time", "data-seconds"));
}

/** Waits until the page shows a time within some seconds of another. */
async function untilShown(page: Page, timeS: number, withinS: number): Promise<void> {
  await page.waitForFunction(
    ([wanted, within]) => {
      const shown = Number(document.getElementById("site-time")?.dataset.seconds);
      return wanted !== undefined && within !== undefined && Math.abs(shown - wanted) <= within;
    },
    [timeS, withinS],
  );
}

testPage(
  "Keys go back in time and on again, the page says so all the while, and the present comes back whole",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    await page.waitForSelector("#scrubber:enabled");
    const beforeS = await shownS(page);
    await page.keyboard.press("Shift+ArrowLeft");
    await page.waitForSelector('#stage[data-view="recorded"]');
    await page.waitForSelector('#link[data-state="recorded"]');
    expect(await page.isVisible("#recorded")).toBe(true);
    await untilShown(page, beforeS - 10, 3);
    expect(await page.textContent("#recorded-text")).toMatch(/^Recorded view, \d+\.\d s ago$/);
    expect(await page.textContent("#pause-text")).toBe("Play");
    // It stands still until it is played.
    const stillS = await shownS(page);
    await turns(page, 15);
    expect(await shownS(page)).toBe(stillS);
    await page.keyboard.press("ArrowLeft");
    await untilShown(page, stillS - 1, 0.1);
    // Tracks of then, no pictures of now.
    expect(await page.isVisible("#track-rows tr")).toBe(true);
    await page.waitForFunction(() => document.querySelector(".tile-note")?.textContent === "pictures are not kept");
    await page.keyboard.press("Space");
    await siteSeconds(page, 0.5);
    expect(await page.textContent("#pause-text")).toBe("Pause");
    await page.keyboard.press("l");
    await page.waitForSelector('#stage[data-view="live"]');
    await page.waitForSelector('#link[data-state="live"]');
    await page.waitForSelector("#recorded", { state: "hidden" });
    expect(await shownS(page)).toBeGreaterThan(beforeS);
    expect(visit.elsewhere(node.url)).toEqual([]);
    expect(visit.complaints).toEqual([]);
  },
  TEST_MS_MAX,
);

testPage(
  "The slider is dragged back and plays on from where it is let go, and dragged to its end is the present",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    await page.waitForSelector("#scrubber:enabled");
    const box = await page.locator("#scrubber").boundingBox();
    if (!box) throw new Error("the slider has no place on the page");
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width - 8, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, y, { steps: 5 });
    await page.waitForSelector('#stage[data-view="recorded"]');
    const lastS = Number(await page.getAttribute("#scrubber", "max"));
    await untilShown(page, lastS / 2, lastS / 10);
    await page.mouse.up();
    await siteSeconds(page, 0.5);
    expect(await page.textContent("#pause-text")).toBe("Pause");
    expect(await page.getAttribute("#scrubber", "aria-valuetext")).toMatch(/^\d+ seconds ago$/);
    await page.locator("#scrubber").focus();
    await page.keyboard.press("End");
    await page.waitForSelector('#stage[data-view="live"]');
    expect(visit.complaints).toEqual([]);
  },
  TEST_MS_MAX,
);

testPage(
  "Tracks keep their colours while a person looks around",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    await page.waitForSelector("#scrubber:enabled");
    await page.waitForFunction(() => document.querySelectorAll("#track-rows tr").length >= 5);
    const colours = (): Promise<string[]> =>
      page.$$eval('#track-rows tr:not([data-state="tentative"]) .swatch', (swatches) =>
        swatches.map((swatch) => (swatch instanceof HTMLElement ? swatch.style.color : "")),
      );
    const before = await colours();
    const atS = await shownS(page);
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("Shift+ArrowLeft");
    await untilShown(page, atS - 20, 4);
    await page.waitForFunction(() => document.querySelectorAll("#track-rows tr").length >= 5);
    expect(await colours()).toEqual(before);
  },
  TEST_MS_MAX,
);

testPage(
  "A recording that has ended is no silent node, and plays again from its beginning",
  async () => {
    using own = await openFakeNode({ voxelCount: 100, endsAfterS: 1, firstS: START_S });
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(own.url);
    await page.waitForSelector('#link[data-state="ended"]');
    await page.waitForSelector("#veil", { state: "hidden" });
    expect(await page.textContent("#pause-text")).toBe("Play");
    await page.waitForSelector("#scrubber:enabled");
    await untilShown(page, START_S + 1, 0.1);
    await page.keyboard.press("Space");
    await page.waitForSelector('#stage[data-view="recorded"]');
    await page.waitForFunction(
      (endS) => Number(document.getElementById("site-time")?.dataset.seconds) < endS,
      START_S + 0.9,
    );
    // It stops at its end by itself.
    await untilShown(page, START_S + 1, 0.1);
    await page.waitForFunction(() => document.getElementById("pause-text")?.textContent === "Play");
    expect(await page.textContent("#recorded-text")).toContain("before the end");
  },
  TEST_MS_MAX,
);

testPage(
  "On a phone the bar fits the width and nothing scrolls sideways",
  async () => {
    await using visit = await open(browser, { viewport: { width: 360, height: 740 } });
    const { page } = visit;
    await page.goto(`${node.url}#track=12`);
    await page.waitForSelector("#scrubber:enabled");
    await page.click("#pause");
    await page.waitForSelector('#pause[aria-pressed="true"]');
    const overflowPx = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflowPx).toBe(0);
    for (const id of ["#pause", "#scrubber", "#go-live"]) {
      const box = await page.locator(id).boundingBox();
      expect([id, (box?.x ?? -1) >= 0, (box?.x ?? 999) + (box?.width ?? 999) <= 360]).toEqual([id, true, true]);
    }
  },
  TEST_MS_MAX,
);

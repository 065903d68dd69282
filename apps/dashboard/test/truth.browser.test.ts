/** Truth and uncertainty on the page, in a real browser: what is shown of them, and that a switch takes it away again. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { type FakeNode, openFakeNode } from "./fake-node.ts";
import { LAUNCH_MS_MAX, launch, open, present, TEST_MS_MAX } from "./visit.ts";

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

testPage(
  "Every track tells its error in metres beside it and in the table, and the switch takes both away",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    // The fake world wobbles by 5 cm per axis: no error is larger than 0.087 m.
    await page.waitForFunction(() => /^11 Δ0\.0\d$/.test(document.querySelector(".label-track b")?.textContent ?? ""));
    expect(await page.textContent('#track-rows tr:has-text("11") .of-truth')).toMatch(/^0\.0\d$/);
    expect(await page.isVisible("th.of-truth")).toBe(true);
    await page.keyboard.press("g");
    await page.waitForFunction(() => document.querySelector(".label-track b")?.textContent === "11");
    await page.waitForSelector("th.of-truth", { state: "hidden" });
    expect(visit.complaints).toEqual([]);
  },
  TEST_MS_MAX,
);

testPage(
  "A chosen track tells the half axes of its 95 % ellipsoid in metres",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(`${node.url}#track=11`);
    await page.waitForFunction(() => document.getElementById("detail-state")?.textContent === "confirmed");
    // sigma 0.25 m: covariance 0.0625 [[2, 0.9, 0], [0.9, 1, 0.3], [0, 0.3, 0.6]], whose eigenvalues numpy.linalg.eigh gives as
    // 0.15886, 0.04960 and 0.01655 m2; their roots times 2.7955.
    expect(await page.textContent("#detail")).toContain("1.11 × 0.62 × 0.36 m");
  },
  TEST_MS_MAX,
);

testPage(
  "A node that knows no truth shows neither its switch nor its column",
  async () => {
    using own = await openFakeNode({ voxelCount: 200, knowsTruth: false });
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(`${own.url}#track=11`);
    await page.waitForFunction(() => document.querySelectorAll("#track-rows tr").length >= 5);
    await page.waitForSelector("#layer-truth", { state: "hidden" });
    expect(await page.isVisible("th.of-truth")).toBe(false);
    expect(await page.textContent("#detail")).toContain("not known");
    expect(await page.textContent("#score")).toContain("tracks");
  },
  TEST_MS_MAX,
);

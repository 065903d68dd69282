/** Why a track is a track, and why elsewhere there is none, in a real browser. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { type FakeNode, openFakeNode } from "./fake-node.ts";
import { LAUNCH_MS_MAX, launch, open, present, TEST_MS_MAX } from "./visit.ts";

let browser: Browser;
let node: FakeNode;

const testPage = test.skipIf(!present);

beforeAll(async () => {
  if (!present) return;
  node = await openFakeNode({ voxelCount: 200, missesOne: true });
  browser = await launch();
}, LAUNCH_MS_MAX);

afterAll(async () => {
  await browser?.close();
  node?.[Symbol.dispose]();
});

testPage(
  "A chosen track says which cameras see it, how well, and which cannot and why",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    await page.click('[aria-label="Track 13"]');
    await page.waitForSelector('#why-rows [data-verdict="seen"]');
    expect(await page.textContent("#why-title")).toBe("Why this track");
    expect(await page.textContent("#why-summary")).toStartWith("Confirmed: 3 of 4 cameras see it now; score 24.0");
    const rows = await page.$$eval("#why-rows tr", (all) => all.map((row) => row.textContent));
    expect(rows).toEqual([
      "northsees it0.4 px",
      "eastsees it0.9 px",
      "southsees it1.4 px",
      "westtoo much of its picture moves",
    ]);
    // 1.44 squared sigmas are 1.2 sigmas, the gate of 21.1 is 4.6.
    expect(await page.textContent("#why-numbers")).toContain("detection 0.06 m off, 1.2 of 4.6 sigmas");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#why", { state: "hidden" });
    expect(visit.complaints).toEqual([]);
  },
  TEST_MS_MAX,
);

testPage(
  "A target without a track is listed and says by keyboard why it has none",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    await page.waitForSelector(".missed-button");
    await page.focus(".missed-button");
    await page.keyboard.press("Enter");
    await page.waitForSelector('#why-rows [data-verdict="moves"]');
    expect(await page.textContent("#why-title")).toBe("Why no track: drone 6");
    expect(await page.textContent("#why-summary")).toBe(
      "1 of 3 cameras that look here see something move, 3 must agree",
    );
    expect(await page.getAttribute(".missed-button", "aria-pressed")).toBe("true");
    await page.click('[aria-label="Track 11"]');
    await page.waitForFunction(() => document.getElementById("why-title")?.textContent === "Why this track");
    expect(await page.getAttribute(".missed-button", "aria-pressed")).toBe("false");
  },
  TEST_MS_MAX,
);

testPage(
  "A click on the ring of a target without a track asks why",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    // The label hangs 20 pixels above its ring.
    const label = await page.waitForSelector(".label-missed", { state: "attached" });
    const box = await label.boundingBox();
    if (!box) throw new Error("the label has no place on the page");
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2 + 20);
    await page.waitForFunction(() =>
      /drone 6|Track|this track/.test(document.getElementById("why-title")?.textContent ?? ""),
    );
    await page.waitForSelector("#why:not([hidden])");
  },
  TEST_MS_MAX,
);

testPage(
  "A camera looked through lists what moves in it, and motion without a track leads to its place",
  async () => {
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(`${node.url}#camera=south`);
    await page.waitForSelector("#why-rows tr");
    expect(await page.textContent("#why-title")).toBe("What moves in south");
    const rows = await page.$$eval("#why-rows tr", (all) => all.map((row) => row.textContent));
    expect(rows[0]).toBe("track 12");
    expect(rows[1]).toStartWith("motion 2no other camera sees motion");
    await page.click('#why-rows button:text("motion 2")');
    await page.waitForFunction(
      () => document.getElementById("why-title")?.textContent === "Why no track: motion 2 of south",
    );
    await page.click("#why-close");
    await page.waitForFunction(() => document.getElementById("why-title")?.textContent === "What moves in south");
  },
  TEST_MS_MAX,
);

/** The cluster on the page, in a real browser: who is here, and a failover while a person looks. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { FakeCluster } from "./fake-cluster.ts";
import { openFakeNode } from "./fake-node.ts";
import { LAUNCH_MS_MAX, launch, open, present, TEST_MS_MAX } from "./visit.ts";

let browser: Browser;

const testPage = test.skipIf(!present);

beforeAll(async () => {
  if (present) browser = await launch();
}, LAUNCH_MS_MAX);

afterAll(async () => {
  await browser?.close();
});

testPage(
  "Nodes, links and cameras are listed, and a failover is told as it happens, also with the section closed",
  async () => {
    const cluster = new FakeCluster(3);
    using node = await openFakeNode({ voxelCount: 100, cluster });
    await using visit = await open(browser);
    const { page } = visit;
    await page.goto(node.url);
    await page.waitForFunction(() => document.getElementById("cluster-line")?.textContent === "3 nodes · node-a leads");
    await page.keyboard.press("n");
    await page.waitForSelector("#cluster-nodes tr:nth-child(3)");
    expect(await page.textContent("#cluster-summary")).toBe(
      'Cluster "skyvox": "node-a" leads in epoch 1; nats-server 2.10.24 on "node-a"',
    );
    expect(await page.textContent("#cluster-limits")).toBe("one engine server: its death costs up to two seconds");
    const rows = (id: string): Promise<string[][]> =>
      page.$$eval(`#${id} tr`, (all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
    expect((await rows("cluster-nodes"))[0]).toEqual([
      ...["node-a", "healthy", "leader, this node", "north, west", "31 %", "cpu, AVX2, 2 threads: running"],
    ]);
    expect((await rows("cluster-links"))[0]).toEqual(["node-a → node-b", "0.21 ms", ""]);
    expect((await rows("cluster-cameras"))[0]).toEqual(["north", "node-a", "most room left"]);
    expect((await rows("cluster-events")).map((cells) => cells[2])).toEqual([
      ...['"node-c" joined', '"node-b" joined', '"node-a" leads under epoch 1'],
    ]);
    await page.keyboard.press("n");
    await page.waitForSelector("#cluster", { state: "hidden" });
    cluster.killLeader();
    await page.waitForSelector('#cluster-open[data-state="news"]');
    expect(await page.textContent("#cluster-line")).toBe('"north" moved from "node-a" to "node-b"');
    await page.click("#cluster-open");
    await page.waitForFunction(() =>
      document.getElementById("cluster-summary")?.textContent?.includes('"node-b" leads'),
    );
    expect((await rows("cluster-events")).map((cells) => cells[1])).toEqual([
      ...["moved", "took office", "died", "joined", "joined", "took office"],
    ]);
    expect((await rows("cluster-nodes")).map((cells) => cells.slice(0, 2))).toEqual([
      ["node-a", "dead"],
      ["node-b", "healthy"],
      ["node-c", "healthy"],
    ]);
    expect((await rows("cluster-cameras"))[0]).toEqual(["north", "node-b", 'moved: "node-a" is gone']);
    expect(visit.elsewhere(node.url)).toEqual([]);
    expect(visit.complaints).toEqual([]);
  },
  TEST_MS_MAX,
);

testPage(
  "A node that is alone says so in one line and shows no tables",
  async () => {
    using node = await openFakeNode({ voxelCount: 100 });
    await using visit = await open(browser, { viewport: { width: 390, height: 780 } });
    const { page } = visit;
    await page.goto(node.url);
    await page.waitForFunction(() => document.getElementById("cluster-line")?.textContent === "1 node");
    await page.click("#cluster-open");
    await page.waitForFunction(() => document.getElementById("cluster-summary")?.textContent?.startsWith("One node"));
    expect(await page.textContent("#cluster-summary")).toStartWith(
      'One node, "node-a": it leads itself; one machine only: no other node can join',
    );
    expect(await page.isVisible("#cluster-tables")).toBe(false);
    expect(await page.isVisible("#cluster-limits")).toBe(false);
    const overflowPx = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflowPx).toBe(0);
  },
  TEST_MS_MAX,
);

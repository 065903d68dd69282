import { beforeAll, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { buildDashboard, type DashboardFile } from "./build.ts";

const GZIP_BYTES_MAX = 250_000;
/** Half a dozen times what a quiet laptop takes: the test is about a bundler gone wild, not about a busy machine. */
const BUILD_MS_MAX = 1_000;

describe("Built dashboard", () => {
  let files: ReadonlyMap<string, DashboardFile>;
  let fastestMs = Number.POSITIVE_INFINITY;

  beforeAll(async () => {
    for (let attempt = 0; attempt < 3 && fastestMs > BUILD_MS_MAX; attempt++) {
      const startMs = performance.now();
      files = await buildDashboard();
      fastestMs = Math.min(fastestMs, performance.now() - startMs);
    }
  });

  test("builds within a second", () => {
    expect(fastestMs).toBeLessThan(BUILD_MS_MAX);
  });

  test("weighs less than 250 kB over the wire", () => {
    const bytes = [...files.values()].reduce((sum, { gzip }) => sum + gzip.length, 0);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(GZIP_BYTES_MAX);
  });

  test("serves the page at / and everything it names below /assets/", () => {
    const page = text(files.get("/"));
    const named = [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? "");
    const assets = named.filter((path) => path.startsWith("/assets/"));
    expect(assets.map((path) => path.split(".").at(-1)).sort()).toEqual(["css", "js", "svg"]);
    for (const path of assets) expect(files.has(path)).toBe(true);
    expect(named.filter((path) => !path.startsWith("/"))).toEqual([]);
  });

  test("keeps the scene in a file of its own, so that it does not hold up the first text", () => {
    const scripts = [...files].filter(([path]) => path.endsWith(".js"));
    const entry = scripts.find(([path]) => text(files.get("/")).includes(path));
    expect(scripts.length).toBeGreaterThanOrEqual(2);
    expect(entry?.[1].gzip.length).toBeLessThan(60_000);
  });

  test("obeys a policy without inline scripts and styles", () => {
    const page = text(files.get("/"));
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    for (const [, attributes, body] of page.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)) {
      expect(attributes).toContain("src=");
      expect(body).toBe("");
    }
  });

  test("names no other place in its page and its styles", () => {
    for (const [path, file] of files) {
      if (file.type.startsWith("text/javascript") || path.endsWith(".svg")) continue;
      expect(text(file)).not.toMatch(/(https?:)?\/\/[a-z0-9-]+\./i);
    }
  });

  test("gives every file its type, a quoted tag of its own and a gzip of the same body", () => {
    for (const file of files.values()) {
      expect(file.type).toMatch(/^(text\/(html|css|javascript); charset=utf-8|image\/svg\+xml)$/);
      expect(file.etag).toMatch(/^"[\w-]{22}"$/);
      expect(Buffer.from(file.body).equals(gunzipSync(file.gzip))).toBe(true);
    }
    expect(new Set([...files.values()].map(({ etag }) => etag)).size).toBe(files.size);
  });
});

function text(file: DashboardFile | undefined): string {
  return new TextDecoder().decode(file?.body);
}

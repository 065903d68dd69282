import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

/** One file of the built dashboard, ready to be sent. */
export interface DashboardFile {
  readonly body: Uint8Array;
  /** Value of `content-type`. */
  readonly type: string;
  /** The same body, gzip. */
  readonly gzip: Uint8Array;
  /** Strong entity tag with its quotes. */
  readonly etag: string;
}

/**
 * Bundles the page for browsers: its address (`/`, `/assets/…`) to its file.
 *
 * Names below `/assets/` hold a hash of the content and never change their meaning, so they may be cached for good; `/` may not.
 *
 * @throws {AggregateError} where the sources do not bundle; it names file and line.
 */
export async function buildDashboard(): Promise<ReadonlyMap<string, DashboardFile>> {
  const { outputs } = await Bun.build({
    entrypoints: [fileURLToPath(new URL("./page/index.html", import.meta.url))],
    target: "browser",
    minify: true,
    splitting: true,
    publicPath: "/assets/",
    naming: { entry: "[name]-[hash].[ext]", chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
  });
  const files = await Promise.all(
    outputs.map(async (output) => {
      const name = output.path.split("/").at(-1) ?? output.path;
      const body = new Uint8Array(await output.arrayBuffer());
      return [name.endsWith(".html") ? "/" : `/assets/${name}`, describe(name, body)] as const;
    }),
  );
  return new Map(files);
}

function describe(name: string, body: Uint8Array<ArrayBuffer>): DashboardFile {
  const type = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { body, type, gzip: Bun.gzipSync(body, { level: 9 }), etag };
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

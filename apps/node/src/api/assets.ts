/** Serves the dashboard's files from memory, with ETags and, where the client takes it, gzip. */
import type { DashboardFile } from "@skyvox/dashboard";
import type { Context } from "hono";
import type { ApiEnv } from "./env.ts";

/** The dashboard's files by URL path; `/` is the page. */
export type Assets = ReadonlyMap<string, DashboardFile>;

/** A name with a hash of its content in it, as Bun's bundler writes it, always means the same bytes. */
const HASHED_NAME = /-[0-9a-z]{8,}\.[0-9a-z.]+$/;

/** Answers with one file of the dashboard. */
export function answerAsset(c: Context<ApiEnv>, asset: DashboardFile): Response {
  const zipped = acceptsGzip(c.req.header("accept-encoding")) && asset.gzip.length < asset.body.length;
  // Two encodings of one file are two representations: RFC 9110, section 8.8.3, wants them told apart.
  const etag = zipped ? asset.etag.replace(/"$/, '-gzip"') : asset.etag;
  c.header("etag", etag);
  c.header("vary", "accept-encoding");
  c.header("cache-control", HASHED_NAME.test(c.req.path) ? "public, max-age=31536000, immutable" : "no-cache");
  if (matches(c.req.header("if-none-match"), etag)) return c.body(null, 304);
  c.header("content-type", asset.type);
  if (zipped) c.header("content-encoding", "gzip");
  // The copy is for the type: an answer's bytes must not lie in shared memory.
  return c.body((zipped ? asset.gzip : asset.body).slice(), 200);
}

function acceptsGzip(acceptEncoding = ""): boolean {
  return acceptEncoding.split(",").some((part) => {
    const [coding = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return (coding === "gzip" || coding === "*") && !refused;
  });
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}

/**
 * The live page of a node: its files, bundled when the node starts, and the messages it listens to.
 *
 * @example
 * ```ts
 * import { buildDashboard } from "@skyvox/dashboard";
 * const files = await buildDashboard();
 * const page = files.get("/"); // text/html; the rest lies below /assets/
 * new Response(page?.gzip, { headers: { "content-type": page?.type ?? "", "content-encoding": "gzip" } });
 * ```
 * @module
 */
export * from "./build.ts";
export type * from "./cluster-answers.ts";
export type * from "./explanations.ts";
export type * from "./messages.ts";

/**
 * The command line: a node's flags, their defaults and what they may be, and how any command reads its own.
 *
 * Flags are split by the runtime's `parseArgs` and checked by zod; what is wrong becomes one line that names the flag.
 */
import { parseArgs } from "node:util";
import { frameProfileNames } from "@skyvox/cameras";
import { messageOf, SkyvoxError } from "@skyvox/core";
import { z } from "zod";
import { kernelChoices } from "./kernel-choice.ts";

const seconds = z.coerce
  .number({ error: "a number of seconds" })
  .positive("a number of seconds above 0")
  .max(1e8, "a number of seconds up to 100000000");

const nodeFlags = z.strictObject({
  role: z.enum(["master", "worker"], { error: "master or worker" }).default("master"),
  site: z.string().min(1, "a file name").optional(),
  port: z
    .string()
    .regex(/^\d{1,5}$/, "a port, 0 to 65535")
    .transform(Number)
    .refine((port) => port <= 65535, "a port, 0 to 65535")
    .default(8080),
  kernels: z.enum(kernelChoices, { error: kernelChoices.join(", ") }).default("auto"),
  profile: z.enum(frameProfileNames, { error: frameProfileNames.join(", ") }).default("balanced"),
  fabric: z.enum(["auto", "local", "nats"], { error: "auto, local or nats" }).default("auto"),
  join: z.string().min(1, "an address").optional(),
  once: z.boolean().default(false),
  json: z.boolean().default(false),
  tracks: z.string().min(1, "a file name").optional(),
  voxels: z.string().min(1, "a file name").optional(),
  "max-seconds": seconds.optional(),
});

/** How a node was asked to run. */
export type NodeConfig = z.infer<typeof nodeFlags>;

export const NODE_USAGE = `Skyvox: many cameras in, 3D tracks out.

  bun run apps/node --role master [flags]     run a node; without --site the built-in demo flies
  bun run apps/node voxelize --help           motion of calibrated images into one voxel file
  bun run apps/node import --help             make a site from a calibration
  bun run apps/node score --help              how good tracks are against truth

Flags
  --site FILE         the cameras and the volume they watch (site.json)
  --port N            where the dashboard and the API listen on 127.0.0.1 (8080; 0 takes a free one)
  --kernels NAME      auto, cuda, wgsl, cpu or reference: what computes (auto: the fastest that gives the right
                      bits here; one asked for by name runs, or the node ends and says why)
  --profile NAME      balanced, throughput, latency or reliability: what frames through shared memory are set up for
  --fabric NAME       auto or local: how nodes talk; this build runs on one machine
  --once              play recorded sources to their end as fast as they go, print a summary and exit
  --json              the last line of standard output is one JSON object
  --tracks FILE.csv   one row per track and frame set
  --voxels FILE.ply   the voxels that hold evidence when the run ends
  --max-seconds N     end after N seconds of site time

Example
  bun run apps/node --role master --site site.json --once --json --tracks tracks.csv`;

/**
 * Reads the flags of a node.
 *
 * @throws {SkyvoxError} "usage" naming the flag, what it was given and what it takes.
 */
export function parseNodeConfig(args: readonly string[]): NodeConfig {
  const values = parseFlags(args, {
    role: { type: "string" },
    site: { type: "string" },
    port: { type: "string" },
    kernels: { type: "string" },
    profile: { type: "string" },
    fabric: { type: "string" },
    join: { type: "string" },
    once: { type: "boolean" },
    json: { type: "boolean" },
    tracks: { type: "string" },
    voxels: { type: "string" },
    "max-seconds": { type: "string" },
  });
  const config = parseWith(nodeFlags, values);
  if (config.role === "worker" || config.join !== undefined || config.fabric === "nats") {
    const flag = config.role === "worker" ? "--role worker" : config.join !== undefined ? "--join" : "--fabric nats";
    throw new SkyvoxError(
      "usage",
      `Cannot use ${flag}: this build runs on one machine, need --role master with --fabric auto or local`,
    );
  }
  if (config.once && config.site === undefined && config["max-seconds"] === undefined) {
    throw new SkyvoxError(
      "usage",
      "Cannot play the demo scene once: it has no end, need --site FILE or --max-seconds N",
    );
  }
  return config;
}

/**
 * Splits arguments into flags. A number below zero after a flag is its value, to be refused as one by whoever checks it.
 *
 * @throws {SkyvoxError} "usage" for an unknown flag or a missing value.
 */
export function parseFlags(
  args: readonly string[],
  options: Record<string, { type: "string" | "boolean" }>,
): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({ args: joinNegative(args), options, strict: true, allowPositionals: false }).values as Record<
      string,
      string | boolean | undefined
    >;
  } catch (error) {
    // The first sentence says what was found; the others guess at what was meant.
    const [first] = messageOf(error).split(/\.?\n|\. |\.$/);
    throw new SkyvoxError("usage", `Cannot read the command line: ${first}, need the flags of --help`, {
      cause: error,
    });
  }
}

/** Writes `--flag -1` as `--flag=-1`, which parseArgs would take for two flags. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1) ?? "";
    if (/^-[\d.]/.test(arg) && /^--[^=]+$/.test(before)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** Checks flags against a schema. @throws {SkyvoxError} "usage" with the first flag that does not fit. */
export function parseWith<Schema extends z.ZodType>(schema: Schema, values: unknown): z.infer<Schema> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const flag = String(issue?.path[0] ?? "");
  const given = (values as Record<string, unknown>)[flag];
  if (given === undefined)
    throw new SkyvoxError("usage", `Cannot run without --${flag}: it is missing, need ${issue?.message}`);
  throw new SkyvoxError("usage", `Cannot use --${flag} "${String(given)}": need ${issue?.message}`);
}

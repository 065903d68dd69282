/**
 * The command line: a node's flags, their defaults and what they may be, and how any command reads its own.
 *
 * Flags are split by the runtime's `parseArgs` and checked by zod; what is wrong becomes one line that names the flag.
 */
import { parseArgs } from "node:util";
import { frameProfileNames } from "@skyvox/cameras";
import { BEACON_PORT } from "@skyvox/cluster";
import { messageOf, SkyvoxError } from "@skyvox/core";
import { z } from "zod";
import { kernelChoices } from "./kernel-choice.ts";

const seconds = z.coerce
  .number({ error: "a number of seconds" })
  .positive("a number of seconds above 0")
  .max(1e8, "a number of seconds up to 100000000");

const port = z
  .string()
  .regex(/^\d{1,5}$/, "a port, 0 to 65535")
  .transform(Number)
  .refine((port) => port <= 65535, "a port, 0 to 65535");

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NAME_FORM = "letters, digits, - and _, up to 64";

const nodeFlags = z.strictObject({
  role: z.enum(["master", "worker"], { error: "master or worker" }).default("master"),
  site: z.string().min(1, "a file name").optional(),
  port: port.default(8080),
  kernels: z.enum(kernelChoices, { error: kernelChoices.join(", ") }).default("auto"),
  profile: z.enum(frameProfileNames, { error: frameProfileNames.join(", ") }).default("balanced"),
  fabric: z.enum(["auto", "local", "nats"], { error: "auto, local or nats" }).default("auto"),
  join: z
    .string()
    .regex(/^(nats|tls):\/\/[^\s]+:\d{1,5}$/, "an engine's address as a master prints it, nats://HOST:PORT")
    .optional(),
  listen: z.string().min(1, "an address of this machine").default("127.0.0.1"),
  cluster: z.string().regex(NAME, NAME_FORM).default("skyvox"),
  "node-id": z.string().regex(NAME, NAME_FORM).optional(),
  "token-file": z.string().min(1, "a file name").optional(),
  "token-env": z.string().min(1, "the name of a variable").optional(),
  "tls-cert": z.string().min(1, "a file name").optional(),
  "tls-key": z.string().min(1, "a file name").optional(),
  "tls-ca": z.string().min(1, "a file name").optional(),
  "beacon-port": port.default(BEACON_PORT),
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
  bun run apps/node --role worker [flags]     help a master on this machine or another
  bun run apps/node voxelize --help           motion of calibrated images into one voxel file
  bun run apps/node import --help             make a site from a calibration
  bun run apps/node scene --help              write a simulated scene as files
  bun run apps/node score --help              how good tracks are against truth

Flags
  --site FILE         the cameras and the volume they watch (site.json)
  --port N            where the dashboard and the API listen on 127.0.0.1 (8080; 0 takes a free one)
  --kernels NAME      auto, cuda, wgsl, cpu or reference: what computes (auto: the fastest that gives the right
                      bits here; one asked for by name runs, or the node ends and says why)
  --profile NAME      balanced, throughput, latency or reliability: what frames through shared memory are set up for
  --fabric NAME       auto, local or nats: how nodes talk (auto: nats where one of the flags below lets others in, else
                      local, which is this machine alone)
  --once              play recorded sources to their end as fast as they go, print a summary and exit
  --json              the last line of standard output is one JSON object
  --tracks FILE.csv   one row per track and frame set
  --voxels FILE.ply   the voxels that hold evidence when the run ends
  --max-seconds N     end after N seconds of site time

Flags of a cluster
  --role worker       help a master of this cluster: observe the cameras it is given (--site is then the master's)
  --role master       lead, or stand by to lead where another master does
  --join URL          go to this engine (nats://HOST:PORT, as a master prints it) instead of listening for beacons
  --listen ADDR       let other machines in: the engine listens on this address (127.0.0.1)
  --token-file FILE   the token all nodes of the cluster share; needed with --listen
  --token-env NAME    the variable that holds it
  --tls-cert FILE     certificate of this node's engine, with --tls-key FILE; --tls-ca FILE is the authority that signed
                      the engines' certificates, where the system does not know it; the same at every node
  --cluster NAME      which cluster, where there are several (skyvox)
  --node-id NAME      what this node is called; the same after a restart (the name of the machine)
  --beacon-port N     UDP port of the beacons (9999)

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
    listen: { type: "string" },
    cluster: { type: "string" },
    "node-id": { type: "string" },
    "token-file": { type: "string" },
    "token-env": { type: "string" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    "tls-ca": { type: "string" },
    "beacon-port": { type: "string" },
    once: { type: "boolean" },
    json: { type: "boolean" },
    tracks: { type: "string" },
    voxels: { type: "string" },
    "max-seconds": { type: "string" },
  });
  const config = parseWith(nodeFlags, values);
  checkTogether(config);
  if (config.once && config.site === undefined && config["max-seconds"] === undefined) {
    throw new SkyvoxError(
      "usage",
      "Cannot play the demo scene once: it has no end, need --site FILE or --max-seconds N",
    );
  }
  return config;
}

/** The flag that lets other nodes in, or joins them; null where there is none. */
export function clusterFlag(config: NodeConfig): string | null {
  if (config.role === "worker") return "--role worker";
  if (config.join !== undefined) return "--join";
  if (config.listen !== "127.0.0.1") return "--listen";
  if (config["token-file"] !== undefined) return "--token-file";
  if (config["token-env"] !== undefined) return "--token-env";
  if (config["tls-cert"] !== undefined || config["tls-key"] !== undefined) return "--tls-cert";
  if (config["tls-ca"] !== undefined) return "--tls-ca";
  return config.fabric === "nats" ? "--fabric nats" : null;
}

/** Refuses flags that make no sense together. */
function checkTogether(config: NodeConfig): void {
  const flag = clusterFlag(config);
  if (flag === null) return;
  const refuse = (found: string, need: string) => new SkyvoxError("usage", `Cannot use ${flag} ${found}, need ${need}`);
  if (config.fabric === "local")
    throw refuse("with --fabric local: that is one machine alone", "--fabric auto or nats");
  if (config.once) throw refuse("with --once: a recording is played to its end on one machine", "one of them");
  if (config["max-seconds"] !== undefined)
    throw refuse("with --max-seconds: a cluster runs until it is ended", "one of them");
  if (config.profile !== "balanced") {
    throw refuse("with --profile: workers of a cluster read their sources themselves", "one of them");
  }
  if (config["token-file"] !== undefined && config["token-env"] !== undefined) {
    throw refuse("with --token-env: a cluster has one token", "one of them");
  }
  if ((config["tls-cert"] === undefined) !== (config["tls-key"] === undefined)) {
    throw refuse("with half a certificate: it is a file and its key", "both --tls-cert and --tls-key");
  }
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

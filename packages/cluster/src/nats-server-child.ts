/**
 * A nats-server as a child of this process: on a port of its own, with keys of its own, ended with its parent.
 *
 * The binary is looked for at the path that is given, then on the search path and where Debian puts it. `setpriv --pdeathsig` ends the
 * server when this process is killed; without that program the server would outlive it, which is then among the limits. No secret is in
 * its arguments, its environment or its log; its configuration is for its owner alone and is deleted with its folder. What a killed
 * process left behind is deleted by the next one that starts a server.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { SkyvoxError } from "@skyvox/core";
import type { Subprocess } from "bun";
import { type EngineTls, engineCredentials, type NatsCredentials } from "./engine-keys.ts";
import { type EnginePeering, natsServerConfig } from "./nats-server-config.ts";

/** How long a server may take until it listens. */
const START_MS_MAX = 10_000;
const POLL_MS = 5;
/** Folders of servers are named by the process they belong to. */
const FOLDER_PREFIX = "skyvox-nats-";
const EVERY_ADDRESS = "0.0.0.0";

/** How a server is started. */
export interface NatsServerOptions {
  /** Address to listen on: 127.0.0.1 unless other machines may join, 0.0.0.0 for every address. */
  readonly host: string;
  /** Port to listen on, where a firewall or an engine that is made anew needs the same one; drawn by the system where left out. */
  readonly port?: number | null;
  /** Path of the program; null to look for it. */
  readonly program: string | null;
  /** Opens it, see {@link engineCredentials}; null for keys that nobody else knows. */
  readonly secret?: Uint8Array | null;
  /** Null for none: what is carried can then be read on the way. */
  readonly tls?: EngineTls | null;
  /** Null for an engine of one server. */
  readonly peering?: EnginePeering | null;
}

/** Finds the server's program; null where there is none. */
export function findNatsServer(path: string | null): string | null {
  if (path !== null) return path;
  const folders = `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin:/usr/local/bin`;
  return Bun.which("nats-server", { PATH: folders });
}

/** A running server; dispose it to end it. */
export class NatsServerChild implements AsyncDisposable {
  readonly credentials: NatsCredentials;
  /** Where others reach it: one address per network, loopback addresses only where it listens nowhere else. */
  readonly urls: readonly string[];
  /** What it cannot promise, a sentence each. */
  readonly limits: readonly string[];
  readonly #child: Subprocess;
  readonly #folder: string;

  private constructor(
    process: { readonly child: Subprocess; readonly folder: string },
    credentials: NatsCredentials,
    { urls, limits }: { readonly urls: readonly string[]; readonly limits: readonly string[] },
  ) {
    this.#child = process.child;
    this.#folder = process.folder;
    this.credentials = credentials;
    this.urls = urls;
    this.limits = limits;
  }

  /**
   * Starts a server.
   *
   * @throws {SkyvoxError} "usage" where other machines could reach it and it has no secret; "missing-program" where the program is
   * missing or does not listen in time: its last line is part of the message.
   */
  static async start(options: NatsServerOptions): Promise<NatsServerChild> {
    const { host, port: wantedPort = null, tls = null, peering = null } = options;
    if (options.secret == null && !isLoopback(host)) {
      const found = `it would listen on ${host} and no cluster token is set`;
      throw new SkyvoxError("usage", `Cannot start engine: ${found}, need a token or an address of this machine only`);
    }
    const program = findNatsServer(options.program);
    if (program === null) {
      const want = "the Debian package nats-server or a path to it";
      throw new SkyvoxError("missing-program", `Cannot start engine: no nats-server was found, need ${want}`);
    }
    const secret = options.secret ?? randomBytes(32);
    await sweepFolders();
    const folder = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
    const config = join(folder, "server.conf");
    const settings = { folder, host, port: wantedPort, secret, tls, peering };
    await writeFile(config, natsServerConfig(settings), { mode: 0o600 });
    const setpriv = Bun.which("setpriv");
    const tie = setpriv === null ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
    const child = Bun.spawn([...tie, program, "-c", config], {
      stdout: "ignore",
      stderr: Bun.file(join(folder, "log")),
    });
    try {
      const port = await portOf(child, folder);
      const urls = addressesOf(host).map((address) => `nats://${address}:${port}`);
      const own = `nats://${host === EVERY_ADDRESS ? "127.0.0.1" : host}:${port}`;
      const credentials = engineCredentials(own, secret, { caFile: tls?.caFile ?? null });
      return new NatsServerChild({ child, folder }, credentials, { urls, limits: limitsOf(options, setpriv !== null) });
    } catch (error) {
      await end(child, folder);
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when the server has ended, for whatever reason. */
  get ended(): Promise<unknown> {
    return this.#child.exited;
  }

  /** Ends the server without warning, as a crash does. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return end(this.#child, this.#folder);
  }
}

/** True for addresses that no other machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function limitsOf({ host, tls = null }: NatsServerOptions, isTied: boolean): string[] {
  const limits: string[] = [];
  if (!isTied) limits.push("the engine outlives this process when it is killed: setpriv is missing");
  if (!isLoopback(host) && tls === null) {
    limits.push("messages between machines can be read on the way: no certificate was given");
  }
  return limits;
}

/** Where a server that listens on a host is reached from elsewhere. */
function addressesOf(host: string): string[] {
  if (host !== EVERY_ADDRESS) return [host];
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outer = all.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
  return outer.length > 0 ? outer : ["127.0.0.1"];
}

/** Deletes what processes left behind that were killed. */
async function sweepFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    // Another process may sweep at the same time; what belongs to other users is theirs.
    const uid = existsSync(folder) ? (await stat(folder)).uid : null;
    if (uid === process.getuid?.()) await rm(folder, { recursive: true, force: true });
  }
}

/** True for a process that is there, ours or not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: string }).code !== "ESRCH";
  }
}

async function end(child: Subprocess, folder: string): Promise<void> {
  child.kill("SIGTERM");
  await child.exited;
  await rm(folder, { recursive: true, force: true });
}

/** Waits for the file in which the server says where it listens; returns the port. */
async function portOf(child: Subprocess, folder: string): Promise<number> {
  for (let waitedMs = 0; waitedMs < START_MS_MAX; waitedMs += POLL_MS) {
    if (child.exitCode !== null) throw await failure(folder, `it ended with status ${child.exitCode}`);
    const glob = new Bun.Glob("*.ports");
    for await (const name of glob.scan(folder)) {
      const url = firstUrl(await readFile(join(folder, name), "utf8"));
      if (url !== null) return Number(new URL(url).port);
    }
    await Bun.sleep(POLL_MS);
  }
  throw await failure(folder, `it did not listen in ${START_MS_MAX} ms`);
}

/** The first address in the server's file; null while it is half written. */
function firstUrl(text: string): string | null {
  try {
    const { nats, tls } = JSON.parse(text) as { nats?: string[]; tls?: string[] };
    return nats?.[0] ?? tls?.[0] ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function failure(folder: string, found: string): Promise<SkyvoxError> {
  const log = await readFile(join(folder, "log"), "utf8");
  const last = log.trim().split("\n").at(-1) ?? "";
  return new SkyvoxError("missing-program", `Cannot start engine: ${found} ("${last}"), need a running nats-server`);
}

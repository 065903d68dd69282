/**
 * A nats-server as a child of this process: on a port of its own, with accounts and passwords of its own, ended with its parent.
 *
 * The binary is looked for at the path that is given, then on the search path and where Debian puts it. `setpriv --pdeathsig` ends the
 * server when this process is killed; without that program the server would outlive it, which is then among the limits.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SkyvoxError } from "@skyvox/core";
import type { Subprocess } from "bun";

/** How long a server may take until it listens. */
const START_MS_MAX = 10_000;
const POLL_MS = 5;

/** Where to reach an engine, and as whom. The passwords are secrets: they are printed nowhere. */
export interface NatsCredentials {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Account that hears of connections that end; null where there is none. */
  readonly system: { readonly user: string; readonly password: string } | null;
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
  /** What it cannot promise, a sentence each. */
  readonly limits: readonly string[];
  readonly #child: Subprocess;
  readonly #folder: string;

  private constructor(child: Subprocess, folder: string, credentials: NatsCredentials, limits: readonly string[]) {
    this.#child = child;
    this.#folder = folder;
    this.credentials = credentials;
    this.limits = limits;
  }

  /**
   * Starts a server.
   *
   * @param options.host address to listen on: 127.0.0.1 unless other machines may join.
   * @throws {SkyvoxError} where the program is missing or does not listen in time; its last line is part of the message.
   */
  static async start(options: { readonly host: string; readonly program: string | null }): Promise<NatsServerChild> {
    const program = findNatsServer(options.program);
    if (program === null) {
      const want = "the Debian package nats-server or a path to it";
      throw new SkyvoxError("missing-program", `Cannot start engine: no nats-server was found, need ${want}`);
    }
    const folder = await mkdtemp(join(tmpdir(), "skyvox-nats-"));
    const [app, system] = [randomBytes(24).toString("base64url"), randomBytes(24).toString("base64url")];
    const config = join(folder, "server.conf");
    await writeFile(config, configOf({ folder, host: options.host, app, system }), { mode: 0o600 });
    const setpriv = Bun.which("setpriv");
    const tie = setpriv === null ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
    const child = Bun.spawn([...tie, program, "-c", config], {
      stdout: "ignore",
      stderr: Bun.file(join(folder, "log")),
    });
    try {
      const url = await listeningAt(child, folder);
      const limits = setpriv === null ? ["the engine outlives this process when it is killed: setpriv is missing"] : [];
      const credentials = { url, user: "app", password: app, system: { user: "sys", password: system } };
      return new NatsServerChild(child, folder, credentials, limits);
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

async function end(child: Subprocess, folder: string): Promise<void> {
  child.kill("SIGTERM");
  await child.exited;
  await rm(folder, { recursive: true, force: true });
}

function configOf({
  folder,
  host,
  app,
  system,
}: {
  folder: string;
  host: string;
  app: string;
  system: string;
}): string {
  const user = (name: string, password: string) => `users: [{ user: "${name}", password: "${password}" }]`;
  return `listen: "${host}:-1"
ports_file_dir: "${folder}"
jetstream { store_dir: "${folder}/store", max_memory_store: 64MB, max_file_store: 64MB }
accounts { SYS { ${user("sys", system)} }, APP { jetstream: enabled, ${user("app", app)} } }
system_account: SYS
ping_interval: "1s"
ping_max: 2
max_payload: 1MB
`;
}

/** Waits for the file in which the server says where it listens. */
async function listeningAt(child: Subprocess, folder: string): Promise<string> {
  for (let waitedMs = 0; waitedMs < START_MS_MAX; waitedMs += POLL_MS) {
    if (child.exitCode !== null) throw await failure(folder, `it ended with status ${child.exitCode}`);
    const glob = new Bun.Glob("*.ports");
    for await (const name of glob.scan(folder)) {
      const url = firstUrl(await readFile(join(folder, name), "utf8"));
      if (url !== null) return url;
    }
    await Bun.sleep(POLL_MS);
  }
  throw await failure(folder, `it did not listen in ${START_MS_MAX} ms`);
}

/** The first address in the server's file; null while it is half written. */
function firstUrl(text: string): string | null {
  try {
    const { nats } = JSON.parse(text) as { nats?: string[] };
    return nats?.[0] ?? null;
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

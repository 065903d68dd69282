/**
 * Nodes of one cluster on this machine, as processes of the real program, and what tests ask of them.
 *
 * Each test file has a cluster of its own: a token, a beacon port and a site of the small scene in a folder that is gone afterwards.
 */
import { writeFileSync } from "node:fs";
import { siteFromScene } from "@skyvox/cameras";
import type { TracksMessage } from "@skyvox/dashboard";
import { pairScene } from "@skyvox/scene";
import type { ClusterFacts } from "../src/cluster/cluster-view.ts";
import { followed } from "./live-node.ts";
import { lineMatching, startNode, TemporaryFolder } from "./run-node.ts";

const NODE_MS_MAX = 120_000;

/** A node that serves its API. */
export interface ClusterProcess {
  readonly name: string;
  readonly url: string;
  readonly child: ReturnType<typeof startNode>;
  /** What it printed until it served. */
  readonly head: string;
  /** What it says on standard error, from its start on. */
  readonly said: () => string;
}

/** A cluster of the small scene under a token of its own. Disposing it ends its nodes. */
export class TestCluster implements AsyncDisposable {
  readonly folder = new TemporaryFolder();
  readonly beaconPort: number;
  /** Flags of every node beside those. */
  moreFlags: readonly string[] = [];
  readonly #nodes: ClusterProcess[] = [];

  private constructor(beaconPort: number) {
    this.beaconPort = beaconPort;
  }

  static async create(): Promise<TestCluster> {
    const cluster = new TestCluster(await freeUdpPort());
    const { folder } = cluster;
    await Bun.write(folder.file("site.json"), JSON.stringify(siteFromScene(pairScene(1), "scene:pair?seed=1")));
    writeFileSync(folder.file("token"), "a token of this test alone", { mode: 0o600 });
    return cluster;
  }

  /** Flags of a node of this cluster. */
  flags(name: string, role: "master" | "worker"): string[] {
    const { folder, beaconPort } = this;
    return [
      ...["--role", role, "--node-id", name, "--port", "0", "--kernels", "cpu"],
      ...["--token-file", folder.file("token"), "--beacon-port", String(beaconPort)],
      ...(role === "master" ? ["--site", folder.file("site.json")] : []),
      ...this.moreFlags,
    ];
  }

  /** Starts a node and waits until it serves. */
  async start(name: string, role: "master" | "worker", more: readonly string[] = []): Promise<ClusterProcess> {
    const child = startNode([...this.flags(name, role), ...more], NODE_MS_MAX);
    const said = collect(child.stderr);
    const head = await lineMatching(child.stdout, /^[\s\S]*dashboard (http:\S+)\n/).catch(async (cause: unknown) => {
      await child.exited;
      throw new Error(`node "${name}" ended: ${said()}`, { cause });
    });
    const node = { name, url: head[1] ?? "", child, head: head[0], said };
    this.#nodes.push(node);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#nodes) child.kill("SIGKILL");
    await Promise.all(this.#nodes.map(({ child }) => child.exited));
    this.folder[Symbol.dispose]();
  }
}

/** Asks a node's API. */
export async function ask<Answer>(node: ClusterProcess, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${node.url}/api/v1/${path}`, init);
  return (await response.json()) as Answer;
}

/** Asks until the answer is as wanted; fails with the last one. */
export async function askUntil<Answer>(
  node: ClusterProcess,
  path: string,
  isWanted: (answer: Answer) => boolean,
): Promise<Answer> {
  const endMs = performance.now() + 30_000;
  for (;;) {
    const answer = await ask<Answer>(node, path);
    if (isWanted(answer)) return answer;
    if (performance.now() > endMs) throw new Error(`${node.name} still says ${JSON.stringify(answer)}`);
    await Bun.sleep(10);
  }
}

/** The node that all of these agree leads. */
export async function leaderOf(nodes: readonly ClusterProcess[]): Promise<ClusterProcess> {
  for (;;) {
    const answers = await Promise.all(nodes.map((node) => ask<ClusterFacts>(node, "cluster")));
    const names = new Set(answers.map(({ leader }) => leader?.nodeId));
    const leader = nodes.find(({ name }) => names.size === 1 && names.has(name));
    if (leader !== undefined) return leader;
    await Bun.sleep(10);
  }
}

/** One frame set as a client saw it. */
export interface SeenStep {
  readonly atMs: number;
  readonly timeS: number;
  /** Ids of the confirmed tracks that are on a target of the scene, by its name. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Follows the tracks of a node until it is disposed. */
export class TrackWatch implements Disposable {
  readonly steps: SeenStep[] = [];
  readonly #socket: WebSocket;
  #wake: () => void = () => undefined;

  constructor(node: ClusterProcess) {
    this.#socket = new WebSocket(`${node.url.replace("http", "ws")}/api/v1/stream?topics=tracks`);
    this.#socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as TracksMessage;
      if (message.type !== "tracks") return;
      const ids = new Map([...followed(message)].map(([id, name]) => [name, id]));
      this.steps.push({ atMs: performance.now(), timeS: message.timeS, ids });
      this.#wake();
    };
  }

  /** Waits for a step that is as wanted, from now on. */
  async next(isWanted: (step: SeenStep) => boolean): Promise<SeenStep> {
    const endMs = performance.now() + 30_000;
    for (let at = this.steps.length; performance.now() < endMs; at++) {
      while (at >= this.steps.length) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await Promise.race([promise, Bun.sleep(endMs - performance.now())]);
        if (performance.now() >= endMs) break;
      }
      const step = this.steps[at];
      if (step !== undefined && isWanted(step)) return step;
    }
    throw new Error(`no step as wanted; the last ones: ${JSON.stringify(this.steps.slice(-3))}`);
  }

  /** The longest time without a step since a moment. */
  longestGapMs(sinceMs: number): number {
    const times = [sinceMs, ...this.steps.map(({ atMs }) => atMs).filter((atMs) => atMs > sinceMs)];
    return Math.max(0, ...times.slice(1).map((atMs, index) => atMs - times[index]!));
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

function collect(stream: ReadableStream<Uint8Array>): () => string {
  let text = "";
  const decoder = new TextDecoder();
  void (async () => {
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  })();
  return () => text;
}

/** A port that no other test's beacons use. */
async function freeUdpPort(): Promise<number> {
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1" });
  const { port } = socket;
  socket.close();
  return port;
}

/**
 * A cluster of three nodes, or of one, as a node would tell of it.
 *
 * A test lets the leader die; the second node then leads and takes over a camera, and everybody who listens is told.
 */
import type {
  AllocationAnswer,
  ClusterAnswer,
  ClusterEventMessage,
  NodesAnswer,
  TopologyAnswer,
  WorkersAnswer,
} from "../src/cluster-answers.ts";

type Node = NodesAnswer["nodes"][number];

const NAMES = ["node-a", "node-b", "node-c"] as const;
const CAMERA_NAMES = ["north", "east", "south", "west"] as const;

/** The cluster that a fake node is part of. */
export class FakeCluster {
  private readonly events: ClusterEventMessage[] = [];
  private readonly listeners = new Set<(event: ClusterEventMessage) => void>();
  private readonly size: number;
  private dead: string | null = null;
  private epoch = 1;

  constructor(size: 1 | 3) {
    this.size = size;
    this.happens("took-office", NAMES[0], '"node-a" leads under epoch 1');
    for (const name of NAMES.slice(1, size)) this.happens("joined", name, `"${name}" joined`);
  }

  /** The node that leads dies: another takes office and its cameras move. */
  killLeader(): void {
    this.dead = NAMES[0];
    this.epoch++;
    this.happens("died", NAMES[0], '"node-a" died: its connection broke');
    this.happens("took-office", NAMES[1], '"node-b" leads in epoch 2, 640 ms after');
    this.happens("moved", NAMES[1], '"north" moved from "node-a" to "node-b"');
  }

  /** Answers a request about the cluster; null where it is none. */
  answer(path: string, signal: AbortSignal): Response | null {
    if (path === "/api/v1/cluster") return Response.json(this.cluster());
    if (path === "/api/v1/nodes") return Response.json({ nodes: this.nodes() } satisfies NodesAnswer);
    if (path === "/api/v1/workers") return Response.json(this.workers());
    if (path === "/api/v1/allocation") return Response.json(this.allocation());
    if (path === "/api/v1/topology") return Response.json(this.topology());
    return path === "/api/v1/events" ? this.stream(signal) : null;
  }

  private happens(type: string, nodeId: string, text: string): void {
    const event = {
      id: this.events.length + 1,
      timeMs: 1_700_000_000_000 + 250 * this.events.length,
      type,
      nodeId,
      text,
    };
    this.events.push(event);
    for (const listener of this.listeners) listener(event);
  }

  private stream(signal: AbortSignal): Response {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const say = (event: ClusterEventMessage): void =>
          controller.enqueue(
            encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\nid: ${event.id}\n\n`),
          );
        for (const event of this.events) say(event);
        controller.enqueue(encoder.encode(": still here\n\n"));
        this.listeners.add(say);
        signal.addEventListener("abort", () => this.listeners.delete(say));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  private names(): string[] {
    return NAMES.slice(0, this.size).filter((name) => name !== this.dead);
  }

  private cluster(): ClusterAnswer {
    const [leader = ""] = this.names();
    const alone =
      "one machine only: no other node can join; --fabric nats lets those of this machine in, --listen others";
    return {
      ...{ clusterId: "skyvox", nodeId: "node-a", nodesHere: this.names().length },
      leader: { nodeId: leader, epoch: this.epoch },
      fabric:
        this.size === 1
          ? { kind: "local", engine: "within the process", url: null, host: null, moves: 0, limits: [alone] }
          : {
              ...{ kind: "nats", engine: "nats-server 2.10.24", url: "nats://127.0.0.1:4222", host: leader },
              ...{ moves: this.epoch - 1, limits: ["one engine server: its death costs up to two seconds"] },
            },
    };
  }

  private nodes(): Node[] {
    return NAMES.slice(0, this.size).map((nodeId, i) => ({
      ...{ nodeId, state: nodeId === this.dead ? "dead" : "healthy", isSelf: nodeId === "node-a" },
      ...{ isLeader: this.names()[0] === nodeId, role: i < 2 ? "master" : "worker", version: "0.1.0" },
      ...{ address: `http://127.0.0.1:808${i}`, isCordoned: false, isDraining: false },
      ...{ cameras: this.camerasOf(nodeId), cannotOpen: [] },
    }));
  }

  private workers(): WorkersAnswer {
    const workers = this.names().map((nodeId, i) => ({
      ...{ nodeId, processId: 100 + i, state: "running" as const },
      ...{ backend: "cpu", device: "AVX2, 2 threads", restarts: i },
    }));
    return { workers };
  }

  private allocation(): AllocationAnswer {
    return {
      placements: CAMERA_NAMES.map((cameraId) => {
        const nodeId = this.names().find((name) => this.camerasOf(name).includes(cameraId)) ?? "";
        const moved = this.dead !== null && cameraId === "north";
        return {
          cameraId,
          nodeId,
          kind: moved ? "moved" : "kept",
          why: moved ? '"node-a" is gone' : "most room left",
          holder: nodeId,
        };
      }),
      unplaced: [],
      loads: this.names().map((nodeId, i) => ({ nodeId, load: 0.31 + 0.1 * i })),
    };
  }

  private camerasOf(nodeId: string): string[] {
    const names = this.names();
    return CAMERA_NAMES.filter((_, i) => names[i % names.length] === nodeId);
  }

  private topology(): TopologyAnswer {
    const names = this.names();
    const pairs = names.flatMap((from, i) => names.slice(i + 1).map((to) => ({ from, to })));
    const links = pairs.map((pair, i) => ({ ...pair, latencyMs: 0.21 + i }));
    const routes = links.map(({ from, to, latencyMs }) => ({ from, to, nodes: [from, to], costMs: latencyMs }));
    return { links, routes };
  }
}

import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import type { StreamMessage, TracksMessage, VoxelsMessage } from "@skyvox/dashboard";
import type { ApiServer } from "../src/api/serve.ts";
import { STREAM_CLIENTS_MAX } from "../src/api/stream-hub.ts";
import { samplesOf } from "./api-metrics-text.ts";
import { cameras, hello, plainView, serve, tracks, voxelsMessage } from "./api-view.ts";
import { framesOf } from "./api-websocket-frames.ts";

/** A WebSocket client that keeps what it was told. */
class Listener {
  readonly messages: StreamMessage[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
  #wake = Promise.withResolvers<void>();

  constructor(url: string) {
    this.socket = new WebSocket(url);
    const closed = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = closed.promise;
    this.socket.onmessage = ({ data }) => {
      this.messages.push(JSON.parse(String(data)));
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    };
    this.socket.onclose = ({ code, reason }) => closed.resolve({ code, reason });
  }

  /** Resolves with the types of the first `count` messages. */
  async first(count: number): Promise<string[]> {
    while (this.messages.length < count) await this.#wake.promise;
    return this.messages.slice(0, count).map(({ type }) => type);
  }
}

const listen = (api: ApiServer, query = "") => new Listener(`${api.url.replace("http", "ws")}/api/v1/stream${query}`);

const tracksAt = (timeS: number): TracksMessage => ({ ...tracks, timeS });

const handshake = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

/** Opens the stream on a bare socket and reads no further than the handshake; `readAll` reads all that waits, until the server closes. */
async function openWithoutReading(api: ApiServer, ...headers: string[]) {
  const socket = connect(api.port, "127.0.0.1");
  const opened = Promise.withResolvers<Buffer>();
  socket.on("error", opened.reject);
  socket.once("data", (data: Buffer) => {
    socket.pause();
    opened.resolve(data);
  });
  const host = `Host: 127.0.0.1:${api.port}`;
  const upgrade = Object.entries(handshake).map(([name, value]) => `${name}: ${value}`);
  socket.write(["GET /api/v1/stream HTTP/1.1", host, ...upgrade, ...headers, "", ""].join("\r\n"));
  const first = await opened.promise;
  const readAll = async (): Promise<Buffer> => {
    const chunks = [first];
    const ended = Promise.withResolvers<void>();
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("close", () => ended.resolve());
    socket.resume();
    await ended.promise;
    return Buffer.concat(chunks);
  };
  return { head: first.toString("latin1"), readAll };
}

describe("Stream order and topics", () => {
  test("A client gets hello, then the state as it stands, then every message in order", async () => {
    const view = plainView();
    await using api = serve(view);
    const client = listen(api);
    expect(await client.first(3)).toEqual(["hello", "cameras", "tracks"]);
    expect(client.messages).toEqual([hello, cameras, tracks]);
    const sent: StreamMessage[] = [];
    for (let i = 0; i < 200; i++) sent.push(tracksAt(i), ...(i % 3 === 0 ? [voxelsMessage, cameras] : []));
    for (const message of sent) view.emit(message);
    await client.first(3 + sent.length);
    expect(client.messages.slice(3)).toEqual(sent);
  });

  test("A client of a node that has seen nothing yet gets hello alone", async () => {
    const view = plainView({ tracks: () => null, cameras: () => null });
    await using api = serve(view);
    const client = listen(api);
    await client.first(1);
    view.emit(voxelsMessage);
    expect(await client.first(2)).toEqual(["hello", "voxels"]);
  });

  test("A client gets only the topics it asked for, and hello", async () => {
    const view = plainView();
    await using api = serve(view);
    const some = listen(api, "?topics=voxels,cameras");
    const one = listen(api, "?topics=tracks");
    await Promise.all([some.first(2), one.first(2)]);
    for (const message of [tracksAt(1), voxelsMessage, tracksAt(2), cameras, hello]) view.emit(message);
    expect(await some.first(5)).toEqual(["hello", "cameras", "voxels", "cameras", "hello"]);
    expect(await one.first(5)).toEqual(["hello", "tracks", "tracks", "tracks", "hello"]);
  });

  test("The node is listened to only while a client listens", async () => {
    const view = plainView();
    await using api = serve(view);
    expect(view.listenerCount()).toBe(0);
    const [first, second] = [listen(api), listen(api)];
    await Promise.all([first.first(1), second.first(1)]);
    expect(view.listenerCount()).toBe(1);
    first.socket.close();
    await first.closed;
    second.socket.close();
    await second.closed;
    expect(view.listenerCount()).toBe(0);
    const third = listen(api);
    await third.first(3);
    view.emit(tracksAt(5));
    expect(await third.first(4)).toEqual(["hello", "cameras", "tracks", "tracks"]);
  });
});

describe("Stream refusals", () => {
  const ask = (api: ApiServer, headers: Record<string, string>, query = "") =>
    fetch(`${api.url}/api/v1/stream${query}`, { headers });

  test("Plain HTTP is a 426 problem that names the protocol", async () => {
    await using api = serve();
    const response = await ask(api, {});
    expect(response.status).toBe(426);
    expect(response.headers.get("upgrade")).toBe("websocket");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  test("A topic that does not exist is a 422 problem", async () => {
    await using api = serve();
    expect((await ask(api, handshake, "?topics=tracks,weather")).status).toBe(422);
    expect((await ask(api, handshake, "?rate=1")).status).toBe(422);
  });

  test.each(["http://evil.example", "http://127.0.0.1", "null", "http://127.0.0.1.evil.example"])(
    "A page of origin %p is refused",
    async (origin) => {
      await using api = serve();
      const response = await ask(api, { ...handshake, origin });
      expect(response.status).toBe(403);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
    },
  );

  test("A page of this server is served", async () => {
    await using api = serve();
    const { head } = await openWithoutReading(api, `Origin: ${api.url}`);
    expect(head).toStartWith("HTTP/1.1 101 ");
  });

  test("A host that is not ours is refused before the stream opens", async () => {
    const view = plainView();
    await using api = serve(view);
    expect((await ask(api, { ...handshake, host: "evil.example" })).status).toBe(403);
    expect(view.listenerCount()).toBe(0);
  });

  test("A client that speaks is closed, one that shouts too", async () => {
    await using api = serve();
    const [speaks, shouts] = [listen(api), listen(api)];
    await Promise.all([speaks.first(1), shouts.first(1)]);
    speaks.socket.send("hello?");
    expect(await speaks.closed).toEqual({ code: 1008, reason: "The stream takes no messages" });
    shouts.socket.send("x".repeat(1025));
    expect((await shouts.closed).code).not.toBe(1008);
  });

  test("One client more than fit is a 503 problem, and fits once another has gone", async () => {
    await using api = serve();
    const clients = Array.from({ length: STREAM_CLIENTS_MAX }, () => listen(api));
    await Promise.all(clients.map((client) => client.first(1)));
    const refused = await ask(api, handshake);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ detail: "Cannot stream to one more client: 64 are connected" });
    clients[0]?.socket.close();
    await clients[0]?.closed;
    const after = listen(api);
    expect(await after.first(1)).toEqual(["hello"]);
  });

  test("A node that stops tells its clients so", async () => {
    const api = serve();
    const client = listen(api);
    await client.first(1);
    await api[Symbol.asyncDispose]();
    expect(await client.closed).toEqual({ code: 1001, reason: "The node stops" });
  });
});

describe("Stream and slow clients", () => {
  const scrape = async (api: ApiServer) => samplesOf(await (await fetch(`${api.url}/metrics`)).text());
  const big: VoxelsMessage = { ...voxelsMessage, count: 9000, data: "A".repeat(96_000) };
  const droppedName = (topic: string) => `skyvox_stream_messages_dropped_total{topic="${topic}"}`;

  test("A client that does not read first misses voxels, then is closed; another misses nothing", async () => {
    const view = plainView();
    await using api = serve(view);
    const slow = await openWithoutReading(api);
    const quick = listen(api, "?topics=tracks");
    await quick.first(2);

    // The system's own socket buffers take some megabytes before anything waits in the node.
    let voxelsSent = 0;
    let timeS = 0;
    while ((await scrape(api)).get(droppedName("voxels")) === 0 && voxelsSent < 1000) {
      for (let i = 0; i < 10; i++) view.emit(big);
      voxelsSent += 10;
      view.emit(tracksAt(timeS++));
    }
    const early = await scrape(api);
    expect(early.get(droppedName("voxels"))).toBeGreaterThan(0);
    expect(early.get(droppedName("tracks"))).toBe(0);
    expect(early.get("skyvox_stream_clients")).toBe(2);

    const crowd = tracks.tracks.concat(...Array.from({ length: 200 }, () => tracks.tracks));
    while ((await scrape(api)).get("skyvox_stream_clients") === 2 && timeS < 1000) {
      for (let i = 0; i < 5; i++) view.emit({ ...tracksAt(timeS++), tracks: crowd });
    }
    const late = await scrape(api);
    expect(late.get("skyvox_stream_clients")).toBe(1);
    expect(late.get("skyvox_stream_clients_closed_total")).toBe(1);

    const { texts, close } = framesOf(await slow.readAll());
    const got = texts.map((text): StreamMessage => JSON.parse(text));
    expect(got.slice(0, 3).map(({ type }) => type)).toEqual(["hello", "cameras", "tracks"]);
    expect(got.filter(({ type }) => type === "voxels").length).toBeLessThan(voxelsSent);
    const times = got.slice(3).flatMap((message) => (message.type === "tracks" ? [message.timeS] : []));
    expect(times).toEqual(Array.from(times, (_, i) => i));
    expect(times.length).toBeGreaterThan(0);
    expect(close?.code).toBe(1013);
    expect(close?.reason).toMatch(/^Read too slowly: \d+ bytes wait, need at most 4194304$/);

    await quick.first(2 + timeS);
    const quickTimes = quick.messages.slice(2).map((message) => (message.type === "tracks" ? message.timeS : null));
    expect(quickTimes).toEqual(Array.from({ length: timeS }, (_, i) => i));
  });
});

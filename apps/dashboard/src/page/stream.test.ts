import { expect, test } from "bun:test";
import type { StreamMessage } from "../messages.ts";
import { QUEUE_MAX, type SocketEvents, Stream } from "./stream.ts";

/** A world with a clock that is moved by hand and sockets that are told what to say. */
class HandWorld {
  nowMs = 1_000;
  readonly sockets: { events: SocketEvents; closed: boolean }[] = [];
  private timers: { atMs: number; call: () => void }[] = [];

  readonly ports = {
    nowMs: () => this.nowMs,
    random: () => 0.5,
    after: (delayMs: number, call: () => void) => {
      const timer = { atMs: this.nowMs + delayMs, call };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((other) => other !== timer);
      };
    },
    open: (events: SocketEvents) => {
      const socket = { events, closed: false };
      this.sockets.push(socket);
      return () => {
        socket.closed = true;
      };
    },
  };

  get timerCount(): number {
    return this.timers.length;
  }

  get socket(): { events: SocketEvents; closed: boolean } {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.timers.filter(({ atMs }) => atMs <= this.nowMs)) {
      this.timers = this.timers.filter((other) => other !== timer);
      timer.call();
    }
  }
}

const HELLO = { type: "hello", site: { name: "a" } };

function tracks(timeS: number): string {
  return JSON.stringify({ type: "tracks", timeS, tracks: [], detections: [] });
}

function drained(stream: Stream): StreamMessage[] {
  const messages: StreamMessage[] = [];
  stream.drain((message) => messages.push(message));
  return messages;
}

test("A stream hands over hello first, the newest voxels and every frame set", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  world.socket.events.opened();
  expect(stream.state.kind).toBe("connecting");
  for (const text of [
    JSON.stringify(HELLO),
    tracks(1),
    '{"type":"voxels","timeS":1}',
    tracks(2),
    '{"type":"voxels","timeS":2}',
  ]) {
    world.socket.events.told(text);
  }
  expect(stream.state.kind).toBe("live");
  expect(drained(stream).map((m) => ("timeS" in m ? `${m.type} ${m.timeS}` : m.type))).toEqual([
    "hello",
    "tracks 1",
    "tracks 2",
    "voxels 2",
  ]);
  expect(drained(stream)).toEqual([]);
});

test("A stream that nobody drains keeps the newest frame sets and counts the rest", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  for (let i = 0; i < QUEUE_MAX + 5; i++) world.socket.events.told(tracks(i));
  expect(stream.dropped).toBe(5);
  const kept = drained(stream);
  expect(kept).toHaveLength(QUEUE_MAX);
  expect(kept[0]).toMatchObject({ timeS: 5 });
});

test("A lost line is opened again after pauses that double up to eight seconds", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    world.socket.events.closed();
    if (stream.state.kind !== "waiting") throw new Error("does not wait");
    pauses.push(stream.state.retryAtMs - world.nowMs);
    world.advance(stream.state.retryAtMs - world.nowMs);
  }
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(world.sockets).toHaveLength(9);
});

test("The first word after a loss starts the pauses anew", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  world.socket.events.closed();
  world.advance(250);
  world.socket.events.closed();
  world.advance(500);
  world.socket.events.told(tracks(1));
  world.socket.events.closed();
  expect(stream.state).toEqual({ kind: "waiting", retryAtMs: world.nowMs + 250, attempt: 1 });
});

test("A person may end a pause", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  stream.retryNow();
  expect(world.sockets).toHaveLength(1);
  world.socket.events.closed();
  stream.retryNow();
  expect(world.sockets).toHaveLength(2);
  expect(stream.state.kind).toBe("connecting");
  expect(world.timerCount).toBe(1);
});

test("A socket that neither opens nor closes is given up", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  world.advance(5_999);
  expect(stream.state.kind).toBe("connecting");
  world.advance(1);
  expect(stream.state.kind).toBe("waiting");
  expect(world.sockets[0]?.closed).toBe(true);
});

test("An open but silent line is called stalled, and live again with the next word", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  world.socket.events.told(tracks(1));
  world.advance(3_001);
  drained(stream);
  expect(stream.state.kind).toBe("stalled");
  world.socket.events.told(tracks(2));
  expect(stream.state.kind).toBe("live");
});

test("What is no message of the stream ends the connection, to be tried again later", () => {
  for (const broken of ["{", "[]", "null", '"x"', '{"type":"other"}', new ArrayBuffer(4)]) {
    const world = new HandWorld();
    using stream = new Stream(world.ports);
    world.socket.events.told(broken);
    expect(stream.state.kind).toBe("waiting");
    expect(world.socket.closed).toBe(true);
  }
});

test("A late word of a socket that was given up is not heard", () => {
  const world = new HandWorld();
  using stream = new Stream(world.ports);
  const first = world.socket;
  first.events.closed();
  first.events.told(tracks(1));
  first.events.closed();
  expect(stream.state).toMatchObject({ kind: "waiting", attempt: 1 });
  expect(drained(stream)).toEqual([]);
});

test("A disposed stream leaves neither socket nor timer", () => {
  const world = new HandWorld();
  const stream = new Stream(world.ports);
  world.socket.events.closed();
  stream[Symbol.dispose]();
  stream[Symbol.dispose]();
  expect(world.timerCount).toBe(0);
  stream.retryNow();
  expect(world.sockets).toHaveLength(1);
});

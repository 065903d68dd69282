import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameCutter, type FrameSink } from "./frame-cutter.ts";
import { encodeFrame, type FrameHeader, HEADER_BYTES, writeHeader } from "./link-frame.ts";

/** Keeps what a reader cuts, as text. */
class Kept implements FrameSink {
  readonly heard: string[] = [];
  readonly parts = new Map<number, number[]>();
  /** Answers each message with what it returns. */
  onMessage: () => void | Promise<void> = () => {};

  payloadBytesMax(): number {
    return 5000;
  }

  receive({ type, sequence }: FrameHeader, payload: Uint8Array): void | Promise<void> {
    this.heard.push(`${type} ${sequence} ${Buffer.from(payload).toString("hex")}`);
    return this.onMessage();
  }

  receivePart({ transfer }: FrameHeader, part: Uint8Array, isFirst: boolean): boolean {
    if (transfer === 99) return false;
    if (isFirst) this.parts.set(transfer, []);
    this.parts.get(transfer)?.push(...part);
    return true;
  }

  fail(fault: string, found: string, need: string): void {
    this.heard.push(`${fault}: ${found}, need ${need}`);
  }
}

function message(sequence: number, length: number): Uint8Array {
  const payload = new Uint8Array(length).fill(sequence + 1);
  return encodeFrame({ type: "message", checksumKind: "xxh3", sequence, payload });
}

function part(transfer: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  const payloadBytes = payload.length;
  writeHeader(frame, {
    type: "bytes",
    checksumKind: "none",
    sequence: 0,
    payloadBytes,
    transfer,
    checksum: 0n,
    detail: 0,
  });
  frame.set(payload, HEADER_BYTES);
  return frame;
}

describe("Reader of frames", () => {
  test("cuts the same frames however the stream is chopped", () => {
    const lengths = fc.array(fc.nat(400), { maxLength: 8 });
    const chops = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(lengths, chops, (sizes, cuts) => {
        const bulk = Uint8Array.from({ length: 150 }, (_, i) => i);
        const frames = [...sizes.map((size, i) => message(i, size)), part(3, bulk), message(sizes.length, 1)];
        const stream = Uint8Array.from(frames.flatMap((frame) => [...frame]));
        const kept = new Kept();
        const reader = new FrameCutter(kept);
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const cut = cuts[turn % cuts.length]!;
          expect(reader.feed(stream.subarray(at, at + cut))).toBe(undefined);
          at += cut;
        }
        const wanted = [...sizes, 1].map(
          (size, i) => `message ${i} ${(i + 1).toString(16).padStart(2, "0").repeat(size)}`,
        );
        expect(kept.heard).toEqual(wanted);
        expect(kept.parts.get(3)).toEqual([...bulk]);
        expect(reader.isInside).toBe(false);
      }),
    );
  });

  test("stands still while a taker is waited for, and loses nothing of what comes meanwhile", async () => {
    const kept = new Kept();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let turn = 0;
    kept.onMessage = () => gates[turn++]?.promise;
    const reader = new FrameCutter(kept);
    const pending = reader.feed(Buffer.concat([message(0, 3), message(1, 3)]));
    expect(pending).toBeInstanceOf(Promise);
    expect(reader.feed(message(2, 3).subarray(0, 20))).toBe(undefined);
    expect(reader.feed(message(2, 3).subarray(20))).toBe(undefined);
    expect(kept.heard.length).toBe(1);
    gates[0]!.resolve();
    gates[1]!.resolve();
    await pending;
    expect(kept.heard).toEqual(["message 0 010101", "message 1 020202", "message 2 030303"]);
  });

  test("says that it stands inside a frame, in the header and in the payload", () => {
    const reader = new FrameCutter(new Kept());
    const frame = message(0, 10);
    reader.feed(frame.subarray(0, 5));
    expect(reader.isInside).toBe(true);
    reader.feed(frame.subarray(5, 50));
    expect(reader.isInside).toBe(true);
    reader.feed(frame.subarray(50));
    expect(reader.isInside).toBe(false);
  });

  test("refuses a length over the limit before reading it, and is silent from then on", () => {
    const kept = new Kept();
    const reader = new FrameCutter(kept);
    reader.feed(message(0, 5001).subarray(0, HEADER_BYTES));
    expect(kept.heard).toEqual(['oversized: a "message" of 5001 bytes, need at most 5000']);
    reader.feed(message(0, 1));
    expect(kept.heard.length).toBe(1);
  });

  test("refuses parts that nobody wants", () => {
    const kept = new Kept();
    new FrameCutter(kept).feed(part(99, new Uint8Array(4)));
    expect(kept.heard).toEqual(["protocol: bytes that nobody asked for, need a pull first"]);
  });
});

/** Bytes that nobody vouches for: whatever they are, a message or a `MessageError`, and memory in proportion to what is there. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  decodeMessage,
  EnvelopeWriter,
  encodeMessage,
  kindCodes,
  type Message,
  MessageError,
  type MessageKind,
  readEnvelope,
} from "../src/mod.ts";
import { message } from "./arbitraries.ts";
import { samples } from "./samples.ts";

const kinds = Object.keys(kindCodes) as MessageKind[];
const RUNS = 2000;

/** What a reader makes of some bytes; anything but a `MessageError` goes on up. */
function reading<T>(read: () => T): T | MessageError {
  try {
    return read();
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
}

/** Bytes of all arrays in a message, and a hundred for every object in a list. */
function memoryOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + memoryOf(item), 0);
  if (typeof value === "object" && value !== null) return Object.values(value).reduce((s, v) => s + memoryOf(v), 100);
  return typeof value === "string" ? 2 * value.length : 8;
}

/** Changes, cuts and repeats bytes. */
const mutations = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255), way: fc.nat(3) }), {
  minLength: 1,
  maxLength: 6,
});

function mutate(bytes: Uint8Array, steps: readonly { at: number; value: number; way: number }[]): Uint8Array {
  let mutated = Uint8Array.from(bytes);
  for (const { at, value, way } of steps) {
    const place = mutated.length === 0 ? 0 : at % mutated.length;
    if (way === 0) mutated[place] = value;
    else if (way === 1) mutated = mutated.slice(0, place);
    else if (way === 2) mutated = Uint8Array.from([...mutated.subarray(0, place), value, ...mutated.subarray(place)]);
    else mutated = Uint8Array.from([...mutated, ...mutated.subarray(place)]);
  }
  return mutated;
}

describe("Payloads that nobody vouches for", () => {
  test("of random bytes are a message or refused", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 300 }), (kind, payload) => {
        const read = reading(() => decodeMessage({ kind, payload }));
        if (!(read instanceof MessageError)) expect(read.kind).toBe(kind);
      }),
      { numRuns: RUNS },
    );
  });

  test("of damaged messages are a message or refused, and take memory in proportion", () => {
    let taken = 0;
    fc.assert(
      fc.property(message, mutations, (any, steps) => {
        const payload = mutate(encodeMessage(any), steps);
        const read = reading(() => decodeMessage({ kind: any.kind, payload }));
        if (read instanceof MessageError) return;
        taken += 1;
        // The shortest point takes two bytes of a batch that names no field but its source.
        expect(memoryOf(read)).toBeLessThan(2000 + 130 * payload.length);
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(0);
  });

  test("that claim long lists take no memory for them", () => {
    // Field 9, packed, 4 GiB - 4 claimed, three bytes there.
    const claim = Buffer.from("4afcffffff0f010203", "hex");
    for (const kind of ["observation", "motion-columns", "mask", "track-updates", "motion-batch"] as const) {
      const read = reading(() => decodeMessage({ kind, payload: claim }));
      expect(read instanceof MessageError ? read.fault : read.kind).toBe("truncated");
    }
  });

  test("of more points than the limit are refused before they are all read", () => {
    // A Motion of source 1: four bytes in a batch.
    const payload = Buffer.alloc(4 * 65_537, Buffer.from("0a023001", "hex"));
    const read = reading(() => decodeMessage({ kind: "motion-batch", payload }));
    expect(read instanceof MessageError && read.message).toBe(
      "Cannot read motion: found 65537 points or more, need at most 65536",
    );
  });

  test("with fields of a later version are read as if they were not there", () => {
    // Field 15 as text, field 16 as double, field 1000 as number, in front and behind.
    const later = Buffer.from("7a03616263" + "8101000000000000f03f" + "c03e05", "hex");
    for (const sample of Object.values(samples)) {
      if (sample.kind === "motion-records") continue;
      const payload = Buffer.concat([later, encodeMessage(sample), later]);
      expect(decodeMessage({ kind: sample.kind, payload })).toEqual(sample);
    }
  });
});

describe("Envelopes that nobody vouches for", () => {
  test("of random bytes after a good beginning are partial or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), fc.boolean(), (tail, hasMagic) => {
        const bytes = hasMagic ? Buffer.concat([Buffer.from("SKVX\x01"), tail]) : tail;
        const read = reading(() => readEnvelope(bytes));
        if (!(read instanceof MessageError)) expect(read.status).toBe("partial");
      }),
      { numRuns: RUNS },
    );
  });

  test("that were damaged are never taken for whole", () => {
    const writer = new EnvelopeWriter({ sender: 9n });
    fc.assert(
      fc.property(message, mutations, (any, steps) => {
        const bytes = writer.wrap(any.kind, encodeMessage(any));
        const mutated = mutate(bytes, steps);
        const isUnchanged = Buffer.compare(mutated.subarray(0, bytes.length), bytes) === 0;
        const read = reading(() => readEnvelope(mutated));
        if (!(read instanceof MessageError)) expect(read.status).toBe(isUnchanged ? "whole" : "partial");
      }),
      { numRuns: RUNS },
    );
  });
});

/** Every rule a reader holds a message to, each with the shortest payload that breaks it. */
const broken: readonly [what: string, kind: Message["kind"], payload: string, says: string][] = [
  ["a point without a source", "motion-batch", "0a020801", "found motion source 0, need 1, 2 or 3"],
  ["a box past 16 bits", "motion-batch", "0a06300158808004", "found a box wider or higher than 65535 pixels"],
  ["columns of two lengths", "motion-columns", "30013a0100", "need that all columns are of one length"],
  [
    "one width for no height",
    "motion-columns",
    "30013a01004201004a01015201015a0101",
    "need that widths and heights are of that length or both empty",
  ],
  [
    "a box past 16 bits in a column",
    "motion-columns",
    "30013a01004201004a01015201015a03808004620101",
    "need that a box is at most 65535 pixels wide and high",
  ],
  ["a mask without a size", "mask", "", "found 0 x 0 pixels, need 1 to 65535 each"],
  ["a mask of too few bits", "mask", "3009380142 01ff".replace(" ", ""), "found 1 bytes of bits, need 2"],
  ["an observation of no camera", "observation", "", 'found a camera id "", need 1 to 200 bytes'],
  ["an observation without a pose", "observation", "0a0161", "found no pose, need one"],
  ["a pose without a place", "observation", "0a01613200", "found a vector of 0 numbers, need 3"],
  ["a track without a state", "track-updates", "12020801", "found track state 0, need 1 to 4"],
  ["a track without an id", "track-updates", "12021001", "found track id 0, need 1 or more"],
  ["a track without a covariance", "track-updates", "120408011001", "found 0 covariances, need 21"],
  ["text that is no UTF-8", "observation", "0a02c328", "need UTF-8"],
];

describe("A reader refuses", () => {
  for (const [what, kind, payload, says] of broken) {
    test(what, () => {
      const read = reading(() => decodeMessage({ kind, payload: Buffer.from(payload, "hex") }));
      expect(read instanceof MessageError ? read.message : read).toContain(says);
    });
  }

  test("numbers that nobody can compute with", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const sample = samples["track-updates"] as Extract<Message, { kind: "track-updates" }>;
      const [track] = sample.updates.tracks;
      const tracks = [{ ...track!, positionEnuM: [0, value, 0] as const }];
      const payload = encodeMessage({ kind: "track-updates", updates: { ...sample.updates, tracks } });
      expect(() => decodeMessage({ kind: "track-updates", payload })).toThrow(`found ${value}, need a finite number`);
    }
  });
});

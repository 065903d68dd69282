/** The files of `test/vectors` against the readers, the writers and another implementation of protobuf. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeMessage, EnvelopeWriter, encodeMessage, MessageError, probeLz4, readEnvelope } from "../src/mod.ts";
import { bufbuildCodec } from "../testing/protobuf-libraries.ts";
import { messageJson } from "./message-json.ts";
import { samples } from "./samples.ts";
import { makeVectors } from "./vector-files.ts";

const folder = join(import.meta.dir, "vectors");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".bin"))
  .map((file) => file.replace(/\.bin$/, ""));
const lz4 = probeLz4();
if (!lz4.ok) console.warn(`skipped: vectors compressed with LZ4: ${lz4.reason}`);

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, `${name}.bin`)));
const jsonOf = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));

/** What a reader makes of the bytes, in the words of the JSON. */
function read(bytes: Uint8Array): Record<string, unknown> {
  try {
    const found = readEnvelope(bytes);
    if (found.status !== "whole") return { ...found };
    const { kind, sequence, sender } = found.envelope;
    const envelope = { kind, sequence: `${sequence}`, sender: `${sender}`, byteLength: found.byteLength };
    return { status: "whole", envelope, ...messageJson(decodeMessage(found.envelope)) };
  } catch (error) {
    if (error instanceof MessageError) return { status: "refused", fault: error.fault };
    throw error;
  }
}

describe("Test vector", () => {
  for (const name of names) {
    test.skipIf(name.endsWith("-lz4") && !lz4.ok)(`${name} is read as its JSON says`, () => {
      const found = read(bytesOf(name));
      expect(jsonOf(name)).toMatchObject(found);
      expect(["whole", "refused", "partial", "unknown-kind"]).toContain(`${found.status}`);
    });
  }

  test("files are those the program makes, neither more nor fewer", () => {
    const made = makeVectors();
    expect(made.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const { name, bytes, json } of made) {
      expect([name, Buffer.from(bytes).toString("hex")]).toEqual([name, Buffer.from(bytesOf(name)).toString("hex")]);
      expect(jsonOf(name)).toEqual(JSON.parse(JSON.stringify(json)));
    }
  });

  for (const [name, sample] of Object.entries(samples)) {
    test(`${name} is what the writers write, and @bufbuild/protobuf from its JSON`, () => {
      const written = new EnvelopeWriter({ sender: 0x0123456789abcdefn, checksum: "crc32" });
      expect(written.wrap(sample.kind, encodeMessage(sample))).toEqual(bytesOf(name));
      if (sample.kind === "motion-records") return;
      const { message, fields } = jsonOf(name);
      const library = bufbuildCodec(message);
      expect(library.encode(library.fromJson(fields))).toEqual(bytesOf(name).subarray(40));
    });
  }
});

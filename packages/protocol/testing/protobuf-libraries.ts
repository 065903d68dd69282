/**
 * Two other implementations of protobuf, given the same `.proto` files: protobufjs, which also parses them, and @bufbuild/protobuf.
 *
 * They are what the hand-written codecs are compared with, in bytes by the tests and in time by the bench.
 * Subpath `@skyvox/protocol/testing`; for development only.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor";

/** One library's codec of one message. `Held` is what the library itself holds such a message in. */
export interface LibraryCodec<Held> {
  readonly name: string;
  /** Takes protobuf's JSON: 64-bit numbers as text, bytes in base64, enums by name. */
  fromJson(json: JsonValue): Held;
  encode(held: Held): Uint8Array;
  decode(bytes: Uint8Array): Held;
}

const folder = join(import.meta.dir, "../proto");
const scope = "skyvox.v1";
const root = new protobuf.Root();
root.resolvePath = (_, target) => join(folder, target);
root.loadSync(readdirSync(folder)).resolveAll();
const registry = createFileRegistry(fileSet());

/** Opens protobufjs for a message such as "Motion". */
export function protobufjsCodec(message: string): LibraryCodec<protobuf.Message> {
  const type = root.lookupType(`${scope}.${message}`);
  return {
    name: "protobufjs",
    // It writes every field it is given, defaults too, so they are left out.
    fromJson: (json) => type.fromObject(withoutDefaults(json) as object),
    encode: (held) => type.encode(held).finish(),
    decode: (bytes) => type.decode(bytes),
  };
}

/** Opens @bufbuild/protobuf for a message such as "Motion". */
export function bufbuildCodec(message: string): LibraryCodec<Message> & { toJson(held: Message): JsonValue } {
  const schema = schemaOf(message);
  return {
    name: "@bufbuild/protobuf",
    fromJson: (json) => fromJson(schema, json),
    encode: (held) => toBinary(schema, held),
    decode: (bytes) => fromBinary(schema, bytes),
    toJson: (held) => toJson(schema, held, { alwaysEmitImplicit: true }),
  };
}

/** The numbers of an enum by the names it has in its `.proto` file. */
export function enumNumbers(name: string): Readonly<Record<string, number>> {
  return root.lookupEnum(`${scope}.${name}`).values;
}

function schemaOf(message: string): DescMessage {
  const schema = registry.getMessage(`${scope}.${message}`);
  if (schema === undefined) throw new Error(`Cannot find message ${message}: need one of the .proto files`);
  return schema;
}

/** The file set of the root, with what protobufjs leaves out: whole type names, and the JSON names of fields of one word. */
function fileSet() {
  const plain = descriptor.FileDescriptorSet.encode(root.toDescriptor("proto3")).finish();
  const set = fromBinary(FileDescriptorSetSchema, plain);
  for (const field of set.file.flatMap(({ messageType }) => messageType.flatMap((message) => message.field))) {
    if (field.typeName !== "" && !field.typeName.startsWith(".")) field.typeName = `.${scope}.${field.typeName}`;
    if (field.jsonName === "") field.jsonName = field.name;
  }
  return set;
}

function withoutDefaults(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map((item) => (typeof item === "object" ? withoutDefaults(item) : item));
  if (json === null || typeof json !== "object") return json;
  const kept = Object.entries(json).filter(
    ([, value]) => value !== 0 && value !== "0" && value !== false && value !== "",
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDefaults(value)]));
}

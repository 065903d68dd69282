/**
 * Cluster messages on the wire: JSON with a version and the life of the sender, checked field by field when it is read.
 */
import { cameraId } from "@skyvox/core";
import { z } from "zod";
import { GRANT_TERM_MS } from "./camera-holder.ts";
import type { ClusterMessage } from "./cluster-message.ts";
import { jsonValue } from "./json-value.ts";
import { type NodeLife, nodeId, nodeLife } from "./node-id.ts";

/** Version of the form; another one is refused. */
export const MESSAGE_VERSION = 1;
/** Largest message: lists of cameras are the largest, a few hundred bytes each. */
export const MESSAGE_BYTES_MAX = 262_144;

const CAMERAS_MAX = 1024;

const name = z.string().min(1).max(64);
const node = name.transform(nodeId);
const life = name.transform(nodeLife);
const count = z.int().min(0);
const epoch = z.int().min(1);
const amount = z.number().min(0);
const owner = z.strictObject({ epoch, holder: node });
const stamp = z.strictObject({ epoch: count, revision: count });
const cameras = z.array(name.transform(cameraId)).max(CAMERAS_MAX);
/** No grant holds longer than this, whoever writes it. */
const termMs = z.number().min(0).max(GRANT_TERM_MS);
const flags = { isCordoned: z.boolean(), isDraining: z.boolean() };

const demand = z.strictObject({
  cameraId: name.transform(cameraId),
  bytesPerSecond: amount,
  memoryBytes: amount,
  pair: name.nullable(),
  reachableFrom: z.array(node).max(256).nullable(),
  isShared: z.boolean(),
});

const message = z.discriminatedUnion("type", [
  z.strictObject({
    ...{ type: z.literal("heartbeat"), from: node, life, sequence: epoch, isCandidate: z.boolean() },
    capacity: z.strictObject({ bytesPerSecond: amount, memoryBytes: amount, ...flags }),
    ...{
      obeys: owner.nullable(),
      ownerHeardAgoMs: amount.nullable(),
      applied: z.strictObject({ epoch, number: epoch }).nullable(),
    },
    ...{ holds: cameras, site: stamp },
  }),
  z.strictObject({ type: z.literal("alive"), from: node, life, sequence: epoch }),
  z.strictObject({ type: z.literal("ping"), from: node, life, nonce: count }),
  z.strictObject({ type: z.literal("pong"), from: node, life, nonce: count }),
  z.strictObject({ type: z.literal("leave"), from: node, life }),
  z.strictObject({ type: z.literal("lease-heartbeat"), owner, sequence: count }),
  z.strictObject({ type: z.literal("lease-answer"), from: node, epoch, sequence: count, earlierAgoMs: amount }),
  z.strictObject({ type: z.literal("lease-release"), owner, successor: node.nullable() }),
  z.strictObject({
    ...{ type: z.literal("grant"), life },
    grant: z.strictObject({
      owner,
      number: epoch,
      answers: count,
      termMs,
      mayTake: z.boolean(),
      cameras,
      shared: cameras,
    }),
  }),
  z.strictObject({ type: z.literal("site"), stamp, cameras: z.array(demand).max(CAMERAS_MAX) }),
  z.strictObject({ type: z.literal("site-wanted"), from: node }),
  z.strictObject({ type: z.literal("set-admission"), owner, ...flags }),
]);

const envelope = z.strictObject({ version: z.literal(MESSAGE_VERSION), sender: life, message });

/** Why a message was not read. */
export type MessageRefusal = "oversized" | "version" | "malformed";

/** A message that was read, or one line that says why it was not. */
export type MessageReading =
  | { readonly ok: true; readonly sender: NodeLife; readonly message: ClusterMessage }
  | { readonly ok: false; readonly reason: MessageRefusal; readonly line: string };

/** Writes a message. */
export function encodeMessage(sender: NodeLife, content: ClusterMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ version: MESSAGE_VERSION, sender, message: content }));
}

/** Reads what another node sent; never throws. */
export function decodeMessage(bytes: Uint8Array): MessageReading {
  const refuse = (reason: MessageRefusal, found: string, need: string): MessageReading => ({
    ...{ ok: false, reason },
    line: `Cannot read cluster message: ${found}, need ${need}`,
  });
  if (bytes.length > MESSAGE_BYTES_MAX) {
    return refuse("oversized", `${bytes.length} bytes`, `at most ${MESSAGE_BYTES_MAX}`);
  }
  const value = jsonValue(bytes);
  const version = value !== null && typeof value === "object" && "version" in value ? value.version : undefined;
  if (typeof version === "number" && version !== MESSAGE_VERSION) {
    return refuse("version", `version ${version}`, `version ${MESSAGE_VERSION}`);
  }
  const read = envelope.safeParse(value);
  if (read.success) return { ok: true, sender: read.data.sender, message: read.data.message };
  const [issue] = read.error.issues;
  return refuse(
    "malformed",
    `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim(),
    "a message of this version",
  );
}

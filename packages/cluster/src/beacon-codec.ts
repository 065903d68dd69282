/**
 * The beacon on the wire: one UDP datagram, signed.
 *
 * Bytes: `SVBC`, one byte version, 32 bytes HMAC-SHA256 over the version and the body, then the body as UTF-8 JSON. The key is derived
 * from the token that all nodes of the cluster share, so a datagram of another cluster or of a stranger fails the signature before
 * anything in it is read. Nothing here proves that a datagram is fresh; discovery-beacon.ts sees to that.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { jsonValue } from "./json-value.ts";

/** Version of the beacon's form; another one is refused. */
export const BEACON_VERSION = 1;
/** Largest datagram: fits an Ethernet frame, so that none is cut in pieces. */
export const BEACON_BYTES_MAX = 1400;

const MAGIC = new TextEncoder().encode("SVBC");
const MAC_BYTES = 32;
const HEAD_BYTES = MAGIC.length + 1 + MAC_BYTES;

const name = z.string().min(1).max(64);

const announcement = z.strictObject({
  nodeId: name,
  life: name,
  /** Counts the announcements of this life from 1. */
  sequence: z.int().min(1),
  role: z.enum(["master", "worker"]),
  /** Where the engine listens, as far as the node knows; the node's own one first. */
  engineUrls: z.array(z.string().max(200)).max(4),
  controlUrl: z.string().max(200),
  /** Where a server of this node would listen for others of one engine, `host:port`; absent where it offers none. */
  engineRoute: z.string().max(100).exactOptional(),
  /** Highest epoch the node obeys; 0 before the first. */
  epoch: z.int().min(0),
});

const body = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("announce"),
    clusterId: name,
    from: announcement,
    /** True where it was sent to this receiver alone, who is then to send its own ones back the same way. */
    isDirect: z.boolean(),
  }),
  /** Asks an announcer to prove that it lives now. */
  z.strictObject({ type: z.literal("challenge"), clusterId: name, life: name, nonce: name }),
  z.strictObject({ type: z.literal("proof"), clusterId: name, from: announcement, nonce: name }),
]);

/** What a node says of itself. */
export type Announcement = z.infer<typeof announcement>;

/** The content of a beacon. */
export type BeaconBody = z.infer<typeof body>;

/** Why a datagram was refused. */
export type BeaconRefusal = "oversized" | "foreign" | "version" | "signature" | "malformed";

/** A datagram that was read, or why it was not. */
export type BeaconReading =
  | { readonly ok: true; readonly body: BeaconBody }
  | { readonly ok: false; readonly reason: BeaconRefusal; readonly found: string };

/** Derives the key of beacons from the cluster's token. */
export function beaconKey(token: string): Uint8Array {
  return createHmac("sha256", token).update("skyvox beacon key 1").digest();
}

/**
 * Writes a beacon.
 *
 * @throws {RangeError} when it would be larger than {@link BEACON_BYTES_MAX}.
 */
export function encodeBeacon(content: BeaconBody, key: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(content));
  const bytes = new Uint8Array(HEAD_BYTES + text.length);
  if (bytes.length > BEACON_BYTES_MAX) {
    throw new RangeError(`Cannot write beacon: ${bytes.length} bytes, need at most ${BEACON_BYTES_MAX}`);
  }
  bytes.set(MAGIC);
  bytes[MAGIC.length] = BEACON_VERSION;
  bytes.set(text, HEAD_BYTES);
  bytes.set(signature(bytes, key), MAGIC.length + 1);
  return bytes;
}

/** Reads a datagram from anybody; never throws. */
export function decodeBeacon(bytes: Uint8Array, key: Uint8Array): BeaconReading {
  const refuse = (reason: BeaconRefusal, found: string): BeaconReading => ({ ok: false, reason, found });
  if (bytes.length > BEACON_BYTES_MAX) return refuse("oversized", `${bytes.length} bytes`);
  const isOurs = bytes.length >= HEAD_BYTES && MAGIC.every((byte, index) => bytes[index] === byte);
  if (!isOurs) return refuse("foreign", `${bytes.length} bytes of another program`);
  const version = bytes[MAGIC.length];
  if (version !== BEACON_VERSION) return refuse("version", `version ${version}`);
  const mac = bytes.subarray(MAGIC.length + 1, HEAD_BYTES);
  if (!timingSafeEqual(mac, signature(bytes, key))) return refuse("signature", "a signature by another token");
  const parsed = jsonValue(bytes.subarray(HEAD_BYTES));
  const read = body.safeParse(parsed);
  if (!read.success) return refuse("malformed", read.error.issues[0]?.message ?? "not a beacon");
  return { ok: true, body: read.data };
}

function signature(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  const hmac = createHmac("sha256", key);
  return hmac
    .update(bytes.subarray(MAGIC.length, MAGIC.length + 1))
    .update(bytes.subarray(HEAD_BYTES))
    .digest();
}

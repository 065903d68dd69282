/**
 * What nodes say to each other about the line, beside the messages of the cluster itself. What is large goes as the protocol's own messages:
 * observations in their envelopes, tracks as track updates. Frames never leave their node.
 *
 *   line.observation.<epoch>   one observation in its envelope, under the epoch its node obeys
 *   line.step                  what the leader published: detections and tracks of one frame set
 *   line.lead                  what the leader decided: time line, allocation, site; four times a second
 *   line.task.<node>           a task for a node's worker; its answer goes to line.answer.<leader>
 *   line.cameras               a node's figures of the cameras it observes
 *   line.site                  asks the leader for the site
 *   line.picture.<node>        asks a node for the last picture of a camera it observes
 *   node.card                  what a node says of itself; twice a second and when it changes
 */
import type { Site } from "@skyvox/cameras";
import { cameraId, type TrackUpdate } from "@skyvox/core";
import { decodeTrackUpdates, encodeTrackUpdates } from "@skyvox/protocol";
import { z } from "zod";
import type { FrameSetMessage } from "../worker-messages.ts";
import { detectionRows, detectionRowsBytes, detectionsOf } from "./detection-rows.ts";
import { packParcel, unpackParcel } from "./parcel.ts";

/** Subjects of the line. */
export const subjects = {
  card: "node.card",
  lead: "line.lead",
  site: "line.site",
  step: "line.step",
  cameras: "line.cameras",
  observations: "line.observation.*",
  observation: (epoch: number) => `line.observation.${epoch}`,
  task: (nodeId: string) => `line.task.${nodeId}`,
  answer: (nodeId: string) => `line.answer.${nodeId}`,
  picture: (nodeId: string) => `line.picture.${nodeId}`,
} as const;

/** Text of a bigint of 64 bits; JSON knows none. */
export const nsText = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .transform(BigInt);
export const idText = z.string().min(1).max(64);
const cameraText = z.string().min(1).max(200).transform(cameraId);
const reason = z.string().max(2000);

const stepHeader = z.strictObject({
  epoch: z.int().min(1),
  timeNs: nsText,
  detectionCount: z.int().min(0),
  rayCount: z.int().min(0),
  capturedWallMs: z.number().nullable(),
  observeMs: z.number(),
  reconstructMs: z.number(),
});

/** What a leader published of one frame set. */
export interface Step {
  readonly epoch: number;
  readonly set: FrameSetMessage;
  readonly updates: readonly TrackUpdate[];
}

/** Writes a step. */
export function encodeStep({ epoch, set, updates }: Step): Uint8Array {
  const { timeNs, detections, rayCount, capturedWallMs, observeMs, reconstructMs } = set;
  const header = {
    ...{ epoch, timeNs: String(timeNs), detectionCount: detections.length },
    ...{ rayCount, capturedWallMs, observeMs, reconstructMs },
  };
  return packParcel(header, detectionRows(detections), encodeTrackUpdates({ timeNs, tracks: updates }));
}

/** Reads a step; null where it is none. @throws {MessageError} where its tracks are none. */
export function decodeStep(bytes: Uint8Array): Step | null {
  const parcel = unpackParcel(bytes, stepHeader);
  if (parcel === null) return null;
  const { epoch, timeNs, detectionCount, ...figures } = parcel.header;
  const rowsEnd = detectionRowsBytes(detectionCount);
  if (rowsEnd > parcel.body.length) return null;
  const detections = detectionsOf(timeNs, parcel.body.subarray(0, rowsEnd));
  const { tracks } = decodeTrackUpdates(parcel.body.subarray(rowsEnd));
  return { epoch, set: { type: "frameSet", timeNs, detections, views: null, ...figures }, updates: tracks };
}

const placement = z.strictObject({
  ...{ cameraId: cameraText, nodeId: idText, kind: z.enum(["kept", "new", "moved"]), why: reason },
});

/** What the leader decided. */
export const leadSchema = z.strictObject({
  epoch: z.int().min(1),
  nodeId: idText,
  siteSha256: z.string().length(64),
  /** Null until the leader has seen the first frames. */
  timeline: z.strictObject({ startNs: nsText, startWallMs: z.number() }).nullable(),
  placements: z.array(placement).max(1024),
  unplaced: z.array(z.strictObject({ cameraId: cameraText, why: reason })).max(1024),
  loads: z.array(z.strictObject({ nodeId: idText, load: z.number() })).max(256),
});

export type Lead = z.infer<typeof leadSchema>;

/** Writes what the leader decided. */
export function encodeLead(lead: Lead): Uint8Array {
  const { timeline } = lead;
  return packParcel({
    ...lead,
    timeline: timeline === null ? null : { ...timeline, startNs: String(timeline.startNs) },
  });
}

/** What a node says of itself. */
export const cardSchema = z.strictObject({
  nodeId: idText,
  life: idText,
  role: z.enum(["master", "worker"]),
  version: z.string().max(64),
  /** Where its API listens, as seen on its own machine; empty before it does. */
  address: z.string().max(200),
  /** Its own engine, in use or standing by; null where it has none. */
  engineUrl: z.string().max(200).nullable(),
  isCordoned: z.boolean(),
  isDraining: z.boolean(),
  cameras: z.array(cameraText).max(1024),
  cannotOpen: z.array(z.strictObject({ cameraId: cameraText, why: reason })).max(1024),
  worker: z.strictObject({
    processId: z.int().nullable(),
    state: z.enum(["opening", "running", "gone"]),
    backend: z.string().max(64),
    device: z.string().max(400),
    restarts: z.int().min(0),
  }),
});

export type NodeCard = z.infer<typeof cardSchema>;

const cameraReport = z.strictObject({
  id: cameraText,
  state: z.enum(["running", "ended", "failed"]),
  detail: z.string().max(2000).exactOptional(),
  framesTotal: z.int(),
  skippedTotal: z.int(),
  lateTotal: z.int(),
  missingTotal: z.int(),
  motionPixels: z.int(),
  flooded: z.boolean(),
  seenS: z.number().nullable(),
  blobs: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])).max(64),
});

/** A node's figures of the cameras it observes. */
export const camerasSchema = z.strictObject({ nodeId: idText, reports: z.array(cameraReport).max(1024) });

const siteHeader = z.strictObject({ siteSha256: z.string().length(64) });

/** Names a site by what it says. */
export function siteSha256(site: Site): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(site)).digest("hex");
}

/** Writes the site that runs, for a node that asks. */
export function siteParcel(site: Site): Uint8Array {
  return packParcel({ siteSha256: siteSha256(site) }, new TextEncoder().encode(JSON.stringify(site)));
}

/** Reads the site that the leader runs, still to be checked; null where it is none. */
export function readSiteParcel(bytes: Uint8Array): { readonly siteSha256: string; readonly site: unknown } | null {
  const parcel = unpackParcel(bytes, siteHeader);
  if (parcel === null) return null;
  try {
    return { ...parcel.header, site: JSON.parse(new TextDecoder().decode(parcel.body)) };
  } catch {
    // Bytes of another program: no site.
    return null;
  }
}

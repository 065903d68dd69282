/**
 * The tracks of one frame set: the protobuf message TrackUpdates of `proto/track.proto`.
 *
 * A covariance is symmetric, so only its upper triangle is sent; the reader mirrors it.
 */
import { assert, type TrackId, type TrackState, type TrackUpdate } from "@skyvox/core";
import { MessageError } from "./message-error.ts";
import { readVec3, refuseUnlessFinite } from "./vec3-field.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** What the tracker knows after one frame set. */
export interface TrackUpdates {
  /** Time of the frame set. */
  readonly timeNs: bigint;
  readonly tracks: readonly TrackUpdate[];
}

const STATES = 6;
const UPPER_COUNT = 21;
/** Tag and length 3; id 9, state 2, times 18, vectors 2 · 26, triangle 171, score 9, counts 12. */
const TRACK_BYTES_MAX = 3 + 9 + 2 + 18 + 52 + 171 + 9 + 12;
const TIME_BYTES_MAX = 9;

const stateCodes: Readonly<Record<TrackState, number>> = { tentative: 1, confirmed: 2, coasting: 3, deleted: 4 };
const states: readonly (TrackState | undefined)[] = [undefined, "tentative", "confirmed", "coasting", "deleted"];

/** Writes a payload of kind "track-updates" into new bytes. */
export function encodeTrackUpdates(updates: TrackUpdates): Uint8Array {
  const { timeNs, tracks } = updates;
  const writer = new WireWriter(new Uint8Array(TIME_BYTES_MAX + tracks.length * TRACK_BYTES_MAX));
  writer.sfixed64(1, timeNs);
  for (const track of tracks) {
    const start = writer.beginMessage(2, 2);
    writeTrack(writer, track);
    writer.endMessage(start, 2);
  }
  return writer.end();
}

/**
 * Reads a payload of kind "track-updates". Takes memory of at most four times the payload.
 *
 * @throws {MessageError} when it is no TrackUpdates.
 */
export function decodeTrackUpdates(payload: Uint8Array): TrackUpdates {
  const reader = new WireReader(payload);
  const tracks: TrackUpdate[] = [];
  let timeNs = 0n;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x09) timeNs = reader.sfixed64();
    else if (tag === 0x12) tracks.push(readTrack(reader));
    else reader.skip(tag);
  }
  return { timeNs, tracks };
}

function writeTrack(writer: WireWriter, track: TrackUpdate): void {
  assert(track.covariance.length === STATES * STATES, "a track's covariance is [6, 6]");
  writer.uint53(1, track.id);
  writer.uint32(2, stateCodes[track.state]);
  writer.sfixed64(3, track.timeNs);
  writer.sfixed64(4, track.firstTimeNs);
  writer.doubles(5, track.positionEnuM);
  writer.doubles(6, track.velocityEnuMps);
  writer.doubles(7, upperOf(track.covariance));
  writer.double(8, track.score);
  writer.uint32(9, track.detectionCount);
  writer.uint32(10, track.missedCount);
}

function readTrack(reader: WireReader): TrackUpdate {
  const around = reader.beginMessage();
  const draft = { id: 0 as TrackId, timeNs: 0n, firstTimeNs: 0n, score: 0, detectionCount: 0, missedCount: 0 };
  const lists: [position: number[], velocity: number[], upper: number[]] = [[], [], []];
  let stateCode = 0;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x08) draft.id = reader.uint53() as TrackId;
    else if (tag === 0x10) stateCode = reader.uint32();
    else if (tag === 0x19) draft.timeNs = reader.sfixed64();
    else if (tag === 0x21) draft.firstTimeNs = reader.sfixed64();
    else if (tag === 0x2a || tag === 0x29) reader.doubles(tag & 7, lists[0], 3);
    else if (tag === 0x32 || tag === 0x31) reader.doubles(tag & 7, lists[1], 3);
    else if (tag === 0x3a || tag === 0x39) reader.doubles(tag & 7, lists[2], UPPER_COUNT);
    else if (tag === 0x41) draft.score = reader.double();
    else if (tag === 0x48) draft.detectionCount = reader.uint32();
    else if (tag === 0x50) draft.missedCount = reader.uint32();
    else reader.skip(tag);
  }
  reader.endMessage(around);
  const state = states[stateCode];
  if (state === undefined) throw refusal("range", `track state ${stateCode}`, "1 to 4");
  if (draft.id < 1) throw refusal("range", "track id 0", "1 or more");
  if (lists[2].length !== UPPER_COUNT) throw refusal("malformed", `${lists[2].length} covariances`, `${UPPER_COUNT}`);
  refuseUnlessFinite([draft.score, ...lists[2]]);
  const [positionEnuM, velocityEnuMps] = [readVec3(lists[0]), readVec3(lists[1])];
  return { ...draft, state, positionEnuM, velocityEnuMps, covariance: covarianceOf(lists[2]) };
}

/** The upper triangle of a `[6, 6]` matrix, row by row. */
function upperOf(covariance: Float64Array): Float64Array {
  const upper = new Float64Array(UPPER_COUNT);
  let at = 0;
  for (let row = 0; row < STATES; row++) {
    for (let column = row; column < STATES; column++) upper[at++] = covariance[row * STATES + column]!;
  }
  return upper;
}

function covarianceOf(upper: readonly number[]): Float64Array {
  const covariance = new Float64Array(STATES * STATES);
  let at = 0;
  for (let row = 0; row < STATES; row++) {
    for (let column = row; column < STATES; column++) {
      covariance[row * STATES + column] = upper[at]!;
      covariance[column * STATES + row] = upper[at++]!;
    }
  }
  return covariance;
}

function refusal(fault: "range" | "malformed", found: string, needed: string): MessageError {
  return new MessageError(fault, `Cannot read track updates: found ${found}, need ${needed}`);
}

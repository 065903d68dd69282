/**
 * What one camera saw in one frame: the protobuf message Observation of `proto/observation.proto`.
 *
 * Cells and blobs are packed fixed32, that is, the memory of the arrays as it is: writing and reading them is a copy, and they arrive to
 * the last bit. What comes from elsewhere is checked for whole rows, finite poses and sane sigmas before anybody computes with it.
 */
import {
  assert,
  type CameraId,
  type ClockState,
  type FrameSeq,
  type Mat3,
  type Observation,
  type Pose,
} from "@skyvox/core";
import { clockCodes, clockStateOf, sigmaOf } from "./frame-stamp.ts";
import { MessageError } from "./message-error.ts";
import { NumberList } from "./number-list.ts";
import { readVec3, refuseUnlessFinite } from "./vec3-field.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** An observation with the state of the clock that stamped its frame. */
export interface StampedObservation extends Observation {
  readonly clockState: ClockState;
}

const CAMERA_ID_BYTES_MAX = 200;
const CELL_WORDS = 4;
const BLOB_WORDS = 16;
/** Everything but the id, the cells and the blobs: 3 + 9 + 9 + 9 + 2 + 2 + (26 + 74 + 18) + 6 + 2, and two tags with lengths. */
const HEAD_BYTES_MAX = 42 + 118 + 2 * 6;

/** Writes a payload of kind "observation" into new bytes. */
export function encodeObservation(observation: StampedObservation): Uint8Array {
  const { cameraId, cells, blobs } = observation;
  assert(isCameraId(cameraId), "a camera's id takes 1 to 200 bytes");
  assert(cells.length % CELL_WORDS === 0, "cells are rows of 4 words");
  assert(blobs.length % BLOB_WORDS === 0, "blobs are rows of 16 words");
  const byteLengthMax = HEAD_BYTES_MAX + CAMERA_ID_BYTES_MAX + cells.byteLength + blobs.byteLength;
  const writer = new WireWriter(new Uint8Array(byteLengthMax));
  writer.string(1, cameraId);
  writer.uint53(2, observation.seq);
  writer.sfixed64(3, observation.captureNs);
  writer.double(4, observation.timeSigmaNs);
  writer.uint32(5, clockCodes[observation.clockState]);
  writePose(writer, observation.pose);
  writer.uint32(7, observation.motionPixelCount);
  writer.uint32(8, observation.flooded ? 1 : 0);
  writer.fixed32s(9, cells);
  writer.fixed32s(10, blobs);
  return writer.end();
}

/**
 * Reads a payload of kind "observation". Takes memory of at most twice the payload.
 *
 * @throws {MessageError} when it is no Observation.
 */
export function decodeObservation(payload: Uint8Array): StampedObservation {
  const reader = new WireReader(payload);
  const cells = new NumberList();
  const blobs = new NumberList();
  const draft = {
    cameraId: "" as CameraId,
    seq: 0 as FrameSeq,
    captureNs: 0n,
    timeSigmaNs: 0,
    clockState: "free" as ClockState,
    motionPixelCount: 0,
    flooded: false,
  };
  let pose: Pose | undefined;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x0a) draft.cameraId = reader.string() as CameraId;
    else if (tag === 0x10) draft.seq = reader.uint53() as FrameSeq;
    else if (tag === 0x19) draft.captureNs = reader.sfixed64();
    else if (tag === 0x21) draft.timeSigmaNs = sigmaOf(reader.double());
    else if (tag === 0x28) draft.clockState = clockStateOf(reader.uint32());
    else if (tag === 0x32) pose = readPose(reader);
    else if (tag === 0x38) draft.motionPixelCount = reader.uint32();
    else if (tag === 0x40) draft.flooded = reader.bool();
    else if (tag === 0x4a || tag === 0x4d) reader.fixed32s(tag & 7, cells);
    else if (tag === 0x52 || tag === 0x55) reader.fixed32s(tag & 7, blobs);
    else reader.skip(tag);
  }
  if (!isCameraId(draft.cameraId)) throw malformed(`a camera id "${draft.cameraId}"`, "1 to 200 bytes");
  if (pose === undefined) throw malformed("no pose", "one");
  if (cells.length % CELL_WORDS !== 0) throw malformed(`${cells.length} words of cells`, "rows of 4");
  if (blobs.length % BLOB_WORDS !== 0) throw malformed(`${blobs.length} words of blobs`, "rows of 16");
  return { ...draft, pose, cells: cells.toArray(), blobs: blobs.toArray() };
}

function writePose(writer: WireWriter, pose: Pose): void {
  const start = writer.beginMessage(6, 1);
  writer.doubles(1, pose.cameraInEnuM);
  writer.doubles(2, pose.cameraFromEnu);
  writer.double(3, pose.positionSigmaM);
  writer.double(4, pose.angleSigmaRad);
  writer.endMessage(start, 1);
}

function readPose(reader: WireReader): Pose {
  const around = reader.beginMessage();
  const cameraInEnuM: number[] = [];
  const cameraFromEnu: number[] = [];
  let positionSigmaM = 0;
  let angleSigmaRad = 0;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x0a || tag === 0x09) reader.doubles(tag & 7, cameraInEnuM, 3);
    else if (tag === 0x12 || tag === 0x11) reader.doubles(tag & 7, cameraFromEnu, 9);
    else if (tag === 0x19) positionSigmaM = sigmaOf(reader.double());
    else if (tag === 0x21) angleSigmaRad = sigmaOf(reader.double());
    else reader.skip(tag);
  }
  reader.endMessage(around);
  return { cameraInEnuM: readVec3(cameraInEnuM), cameraFromEnu: mat3Of(cameraFromEnu), positionSigmaM, angleSigmaRad };
}

function mat3Of(values: readonly number[]): Mat3 {
  const [a, b, c, d, e, f, g, h, i] = values;
  if (values.length !== 9) throw malformed(`a rotation of ${values.length} numbers`, "9");
  refuseUnlessFinite(values);
  return [a!, b!, c!, d!, e!, f!, g!, h!, i!];
}

function isCameraId(text: string): boolean {
  const byteLength = Buffer.byteLength(text);
  return byteLength >= 1 && byteLength <= CAMERA_ID_BYTES_MAX;
}

function malformed(found: string, needed: string): MessageError {
  return new MessageError("malformed", `Cannot read observation: found ${found}, need ${needed}`);
}

/**
 * What a message costs: motion as a fixed record, as protobuf by hand and by two libraries, and as columns; envelopes; LZ4.
 *
 * Times are per message or per point. The libraries write and read the same bytes, in the same run.
 */
import {
  decodeMotionColumns,
  EnvelopeWriter,
  encodeMotionColumns,
  encodeObservation,
  MOTION_BYTES_MAX,
  MOTION_RECORD_BYTES,
  MOTION_RECORD_WORDS,
  type Motion,
  type MotionColumns,
  motionWord,
  probeLz4,
  readEnvelope,
  readMotion,
  readMotionRecord,
  viewMotionRecords,
  WireReader,
  WireWriter,
  writeMotion,
  writeMotionRecord,
} from "@skyvox/protocol";
import { bufbuildCodec, type LibraryCodec, protobufjsCodec } from "@skyvox/protocol/testing";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchTarget,
  digestOf,
  interleave,
  type Timing,
  type Variant,
} from "./harness.ts";
import { kindRatios, measureMasks } from "./protocol-compression.ts";
import { columnsOf, drawMessages, drawMotions, observationOf } from "./protocol-messages.ts";
import { targets } from "./targets.ts";

/** A variant and how many messages or points one run of it handles. */
interface Counted extends Variant {
  readonly count: number;
  readonly note?: string;
}

const BATCH_POINTS = 100;
/** A run must be short beside a time slice of the scheduler, or a busy machine's other work is counted in most of them. */
const MESSAGES = 1000;
const ROUNDS_TIMES = 11;

export const bench: Bench = {
  name: "protocol",
  subject: "pipeline",
  async run({ small, rounds }: BenchOptions): Promise<BenchResult> {
    const count = small ? 200 : MESSAGES;
    const motions = drawMotions(count);
    const wires = motions.map(wireOf);
    const columns = columnsOf(motions.slice(0, BATCH_POINTS));
    const observation = observationOf(motions.slice(0, BATCH_POINTS));
    const variants = [
      ...fixedVariants(motions),
      ...wireVariants(motions, wires),
      ...libraryVariants(protobufjsCodec("Motion"), wires),
      ...libraryVariants(bufbuildCodec("Motion"), wires),
      ...columnVariants(columns, count / BATCH_POINTS),
      ...envelopeVariants(encodeObservation(observation), count / BATCH_POINTS),
    ];
    const timings = await interleave(variants, rounds * ROUNDS_TIMES);
    const nsOf = (name: string) => nsEach(variants, timings, name);
    const lz4 = probeLz4();
    const masks = lz4.ok ? await measureMasks(lz4.lz4, { small, rounds }) : null;
    return {
      rows: [
        ...variants.map(({ name, note }, at) => {
          const row = { name, median: nsOf(name), unit: "ns", noise: timings[at]?.noise ?? 0 };
          return note === undefined ? row : { ...row, note };
        }),
        ...(lz4.ok ? kindRatios(lz4.lz4, drawMessages(BATCH_POINTS)) : []),
        ...(masks?.rows ?? []),
      ],
      targets: [...ownTargets(nsOf), ...(masks?.targets ?? [])],
      leftOut: lz4.ok ? [] : [lz4.reason],
      digest: digestOf(...wires, encodeMotionColumns(columns), encodeObservation(observation), masks?.digest ?? ""),
    };
  },
};

function ownTargets(nsOf: (name: string) => number): BenchTarget[] {
  const wanted = targets.protocol;
  const byHand = nsOf("protobuf encode, by hand");
  const timesRival = nsOf("protobuf encode, protobufjs") / byHand;
  return [
    { name: "fixed encode", achieved: nsOf("fixed encode"), wanted: wanted.fixedEncodeNs, unit: "ns", better: "lower" },
    { name: "protobuf encode", achieved: byHand, wanted: wanted.wireEncodeNs, unit: "ns", better: "lower" },
    {
      name: "protobuf encode",
      achieved: timesRival,
      wanted: wanted.timesProtobufjs,
      unit: "x protobufjs",
      better: "higher",
    },
  ];
}

function nsEach(variants: readonly Counted[], timings: readonly Timing[], name: string): number {
  const at = variants.findIndex((variant) => variant.name === name);
  return ((timings[at]?.medianMs ?? Number.NaN) * 1e6) / (variants[at]?.count ?? Number.NaN);
}

function fixedVariants(motions: readonly Motion[]): Counted[] {
  const count = motions.length;
  const records = viewMotionRecords(new ArrayBuffer(count * MOTION_RECORD_BYTES), 0, count);
  const encode = () => {
    for (let i = 0; i < count; i++) writeMotionRecord(records, i, motions[i]!);
  };
  encode();
  let sum = 0;
  return [
    { name: "fixed encode", count, note: `${MOTION_RECORD_BYTES} bytes`, run: encode },
    {
      name: "fixed decode to an object",
      count,
      run: () => {
        for (let i = 0; i < count; i++) sum += readMotionRecord(records, i).uPx256;
        return sum;
      },
    },
    {
      name: "fixed read in place, three numbers",
      count,
      run: () => {
        const { words } = records;
        for (let at = 0; at < words.length; at += MOTION_RECORD_WORDS) {
          sum += words[at + motionWord.u]! + words[at + motionWord.v]! + words[at + motionWord.weight]!;
        }
        return sum;
      },
    },
  ];
}

function wireVariants(motions: readonly Motion[], wires: readonly Uint8Array[]): Counted[] {
  const writer = new WireWriter(new Uint8Array(MOTION_BYTES_MAX));
  const count = motions.length;
  let sum = 0;
  return [
    {
      name: "protobuf encode, by hand",
      count,
      note: `${wires[0]?.length} bytes`,
      run: () => {
        for (let i = 0; i < count; i++) {
          writer.at = 0;
          writeMotion(writer, motions[i]!);
          sum += writer.at;
        }
        return sum;
      },
    },
    {
      name: "protobuf decode, by hand",
      count,
      run: () => {
        for (let i = 0; i < count; i++) sum += readMotion(new WireReader(wires[i]!)).uPx256;
        return sum;
      },
    },
  ];
}

/** A library is given its messages ready made, so that only turning them into bytes is timed, and back. */
function libraryVariants<Held>(library: LibraryCodec<Held>, wires: readonly Uint8Array[]): Counted[] {
  const { name } = library;
  const held = wires.map((wire) => library.decode(wire));
  const count = wires.length;
  return [
    { name: `protobuf encode, ${name}`, count, run: () => held.forEach((message) => void library.encode(message)) },
    { name: `protobuf decode, ${name}`, count, run: () => wires.forEach((wire) => void library.decode(wire)) },
  ];
}

function columnVariants(columns: MotionColumns, repeats: number): Counted[] {
  const bytes = encodeMotionColumns(columns);
  const count = BATCH_POINTS * repeats;
  const repeat = (run: () => unknown) => () => {
    for (let i = 0; i < repeats; i++) run();
  };
  const protobufjs = protobufjsCodec("MotionColumns");
  const held = protobufjs.decode(bytes);
  return [
    {
      name: "columns encode, per point",
      count,
      note: `${bytes.length / BATCH_POINTS} bytes a point`,
      run: repeat(() => encodeMotionColumns(columns)),
    },
    { name: "columns decode, per point", count, run: repeat(() => decodeMotionColumns(bytes)) },
    { name: "columns encode, protobufjs", count, run: repeat(() => protobufjs.encode(held)) },
    { name: "columns decode, protobufjs", count, run: repeat(() => protobufjs.decode(bytes)) },
  ];
}

function envelopeVariants(payload: Uint8Array, count: number): Counted[] {
  const writer = new EnvelopeWriter({ sender: 1n });
  const bytes = writer.wrap("observation", payload);
  return [
    {
      name: "envelope write, an observation",
      count,
      note: `${payload.length} bytes`,
      run: () => {
        for (let i = 0; i < count; i++) writer.wrap("observation", payload);
      },
    },
    {
      name: "envelope read, an observation",
      count,
      run: () => {
        for (let i = 0; i < count; i++) readEnvelope(bytes);
      },
    },
  ];
}

function wireOf(motion: Motion): Uint8Array {
  const writer = new WireWriter(new Uint8Array(MOTION_BYTES_MAX));
  writeMotion(writer, motion);
  return writer.end().slice();
}

/**
 * The other process of `data-pipeline.test.ts`: `bun data-pipeline-child.ts ROLE PLACE`, where PLACE is a ring buffer as JSON. It says
 * "ready" when it is attached and goes on at the next line of its standard input.
 */
import { cameraId } from "@skyvox/core";
import { DataPipeline, type RingBufferPlace } from "../src/mod.ts";

const north = cameraId("north");

const roles: Record<string, (pipeline: DataPipeline, place: RingBufferPlace) => unknown> = {
  /** Writes four frames in place and one as an array. */
  writer(pipeline, place) {
    pipeline.attachRingBuffer(north, place, []);
    return () => {
      for (let sequence = 0; sequence < 4; sequence++) {
        const slot = pipeline.acquireFrame(north);
        if (slot.ok) pipeline.commitFrame(north, slot, frameOf(slot.bytes, sequence));
      }
      const copied = new Uint8Array(place.widthPx * place.heightPx);
      pipeline.writeFrame(north, copied, frameOf(copied, 4));
      return pipeline.getStatistics();
    };
  },
  /** Reads what there is and adds up the bytes. */
  reader(pipeline, place) {
    pipeline.attachRingBuffer(north, place);
    return () => {
      let sum = 0;
      for (let frame = pipeline.readFrame(north); frame !== null; frame = pipeline.readFrame(north)) {
        sum = frame.pixels.reduce((total, byte) => total + byte, sum);
        frame.release();
      }
      return { sum, ...pipeline.getStatistics() };
    };
  },
  /** Takes a frame and a slot and keeps both for ever. */
  keeper(pipeline, place) {
    pipeline.attachRingBuffer(north, place, [{ name: "keeper", policy: "latest", holdMsMax: 1_000_000 }]);
    return () => ({ held: pipeline.readFrame(north) !== null, acquired: pipeline.acquireFrame(north).ok });
  },
};

function frameOf(bytes: Uint8Array, sequence: number) {
  bytes.fill(sequence + 1);
  return { sequence, captureNs: BigInt(sequence) * 33_000_000n };
}

const [role = "", place = "{}"] = process.argv.slice(2);
const lines = console[Symbol.asyncIterator]();
const pipeline = new DataPipeline();
const run = roles[role]?.(pipeline, JSON.parse(place)) as () => unknown;
console.log("ready");
await lines.next();
console.log(JSON.stringify(run()));
await lines.next();

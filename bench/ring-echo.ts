/**
 * The other side of `ring-pair.ts`: takes messages until it is told to stop.
 *
 * Usage: ring-echo.ts PATH FRAME_BYTES. Prints "ready" once it listens.
 */
import { FrameReader, RingConsumer, RingProducer, SharedSegment } from "@skyvox/pipeline";
import { kinds, pairLayout } from "./ring-pair.ts";

const [path = "", frameBytes = "0"] = process.argv.slice(2);
using segment = SharedSegment.attach(path, pairLayout(Number(frameBytes)));
using requests = new RingConsumer(segment, 0, { policy: "lossless" });
using answers = new RingProducer(segment, 1);
using frames = new FrameReader(segment, 2, { quotaSlots: 1, holdMsMax: 10_000 });
let counted = 0;

function answer(value: number): void {
  const slot = answers.claim();
  if (!slot.ok) return;
  slot.view.setFloat64(8, value, true);
  answers.commit(24);
}

/** The last byte of a frame, read where it lies; -1 when it was gone. */
function readFrame(index: number, generation: number): number {
  const slot = frames.hold(index, generation);
  if (!slot.ok) return -1;
  const value = slot.bytes[slot.words.byteLength - 1] ?? -1;
  return frames.release(slot) ? value : -1;
}

function handle(kind: number, first: number, second: number): void {
  if (kind === kinds.count) counted += first;
  else if (kind === kinds.echo) answer(first);
  else if (kind === kinds.frame) answer(readFrame(first, second));
  else if (kind === kinds.switches) answer(process.resourceUsage().involuntaryContextSwitches);
  else if (kind === kinds.stayAwake) {
    answer(0);
    awake = first;
  } else if (kind === kinds.report) {
    answer(counted);
    counted = 0;
  } else if (kind === kinds.stop) goesOn = false;
}

process.stdout.write("ready\n");
let goesOn = true;
/** How many of the next messages are looked for without a pause. */
let awake = 0;
while (goesOn) {
  const slot = awake > 0 ? requests.take() : requests.takeWait(1000);
  if (!slot.ok) continue;
  const { view } = slot;
  const kind = view.getFloat64(0, true);
  const first = view.getFloat64(8, true);
  const second = view.getFloat64(16, true);
  requests.release();
  if (awake > 0) awake--;
  handle(kind, first, second);
}

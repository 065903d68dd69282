/** A process that reads frames of camera `a` from a segment until it is killed, and tells the number of each: `bun read-scene.ts PATH`. */
import { SharedSegment } from "@skyvox/pipeline";
import { openSharedSource } from "../src/source-shared.ts";
import { pairCamera, pairLayout } from "./pair-camera.ts";

using segment = SharedSegment.attach(process.argv[2] ?? "", pairLayout);
await using source = openSharedSource(pairCamera, segment);
for (let frame = await source.next(); frame !== null; frame = await source.next()) console.log(frame.seq);

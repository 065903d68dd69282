/** A process that serves camera `a` of the scene "pair" over a segment until it is killed: `bun serve-scene.ts PATH`. */
import { SharedSegment } from "@skyvox/pipeline";
import { openSource } from "../src/open-source.ts";
import { SourceServer } from "../src/source-server.ts";
import { pairCamera, pairLayout } from "./pair-camera.ts";

using segment = SharedSegment.attach(process.argv[2] ?? "", pairLayout);
using server = new SourceServer(segment);
await using source = await openSource(pairCamera, { siteDirectory: "." });
console.log("serving");
await server.serve(source);

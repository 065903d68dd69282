/**
 * Entry of the camera process: reads the sources of a site and writes their frames into shared memory, as the worker asks for them. What
 * decodes a picture can crash without taking the kernels along, and a worker that is lost costs no source its place.
 */
import { type FrameSource, givesPictures, openSource, SourceServer } from "@skyvox/cameras";
import { messageOf, SkyvoxError } from "@skyvox/core";
import type { FromCameras, ServeMessage } from "./camera-messages.ts";
import { attachFramePools } from "./frame-pools.ts";

function send(message: FromCameras): void {
  process.send?.(message);
}

async function serve({ site, siteDirectory, places, isChecked }: ServeMessage): Promise<void> {
  await using disposables = new AsyncDisposableStack();
  // Requests are heard from here on, before the sources are open.
  const servers = attachFramePools(site, places).map((segment) => {
    disposables.use(segment);
    return disposables.use(new SourceServer(segment, { isChecked }));
  });
  const opened = await Promise.allSettled(
    site.cameras.filter(givesPictures).map((camera) => openSource(camera, { siteDirectory })),
  );
  const sources: FrameSource[] = [];
  for (const result of opened) if (result.status === "fulfilled") sources.push(disposables.use(result.value));
  const failure = opened.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  send({ type: "opened" });
  await Promise.all(servers.map((server, index) => server.serve(sources[index]!)));
}

process.on("message", (message: ServeMessage) => {
  serve(message).catch((error: unknown) => {
    if (!(error instanceof SkyvoxError)) throw error;
    send({ type: "failed", code: error.code, message: messageOf(error) });
  });
});
// The node decides when this process ends; one whose node is gone ends at once.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit(0));

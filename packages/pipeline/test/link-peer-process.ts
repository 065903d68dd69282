import { join } from "node:path";
import type { Link } from "../src/link.ts";
import type { LinkFixture } from "./link-fixture.ts";
import { Inbox } from "./link-inbox.ts";

/** A peer in another process, and the link to it. */
export interface Peer {
  readonly child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly link: Link;
  readonly heard: Inbox;
}

/** Starts `link-peer.ts` and connects to it. It ends with this process at the latest. */
export async function spawnPeer(fixture: LinkFixture): Promise<Peer> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "link-peer.ts"), fixture.kind], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  const heard = new Inbox();
  const link = await fixture.connect({ address: new TextDecoder().decode(value).trim(), accept: heard.accept });
  return { child, link, heard };
}

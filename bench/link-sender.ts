/**
 * The other process of the bench of links: listens with the kind named on the command line and prints its port, of shared memory the
 * address and the path of its pool.
 *
 * Asked for a number of frames (four bytes, little-endian) it sends them: a link offers two at a time, `plain` writes them to Bun's socket
 * with nothing around. Other messages are sent back. It ends with its standard input.
 */
import { assert, systemClock } from "@skyvox/core";
import {
  FramePool,
  type Link,
  type SegmentLayout,
  SharedSegment,
  ShmListener,
  TcpListener,
  UcxListener,
  UdpListener,
} from "@skyvox/pipeline";

const COUNT_BYTES = 4;
const [kind = "", bytesText = ""] = process.argv.slice(2);
const byteLength = Number(bytesText);
const shared = kind === "shm" && byteLength > 0 ? publishedFrame() : null;
const frame = shared?.bytes ?? new Uint8Array(byteLength);
for (let i = 0; i < frame.length; i++) frame[i] = Math.imul(i, 0x9e3779b1) >>> 24;
const checksum = Bun.hash.xxHash3(frame, 1n);

/** Offers frames, two at a time; the writer of a slot has its checksum already. */
async function offerFrames(link: Link, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await link.offer({ bytes: frame, sequence: 1, description: new Uint8Array(), checksum });
  };
  await Promise.all([worker(), worker()]);
}

function countOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

const options = {
  hostname: "127.0.0.1",
  port: 0,
  checksum: "xxh3",
  clock: systemClock,
  accept: (link: Link) => ({
    onMessage: ({ bytes }: { bytes: Uint8Array }) => {
      if (bytes.length === COUNT_BYTES) offerFrames(link, countOf(bytes)).catch((error) => console.error(error));
      else link.send(bytes);
    },
    onOffer: () => {},
    onFault: (fault: Error) => console.error(fault.message),
    onEnd: () => {},
  }),
  onRefused: (fault: Error) => console.error(fault.message),
} as const;

/** Sends frames over a bare socket. */
function listenPlain(): { readonly port: number } {
  let left = 0;
  let written = 0;
  const pump = (socket: Bun.Socket): void => {
    while (left > 0) {
      const taken = socket.write(frame.subarray(written));
      written += taken;
      if (written < frame.length) return;
      written = 0;
      left--;
    }
  };
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket, bytes) => {
        left += countOf(bytes);
        pump(socket);
      },
      drain: pump,
    },
  });
}

/** A frame in a slot of a pool, before its bytes are written; nobody else writes there. */
function publishedFrame() {
  const layout: SegmentLayout = [{ kind: "pool", slots: 2, slotBytes: byteLength }];
  const segment = SharedSegment.create(layout);
  const pool = new FramePool(segment, 0);
  const slot = pool.acquire();
  assert(slot.ok, "a fresh pool has a slot");
  pool.commit(slot, {
    ...{ sequence: 1, captureNs: 0n, byteLength, camera: 0, format: 0 },
    ...{ checksum: 0n, flags: 0 },
  });
  return { segment, bytes: slot.bytes };
}

async function listenShared(): Promise<string> {
  const pools = shared === null ? [] : [{ segment: shared.segment, part: 0, quotaSlots: 0, holdMsMax: 60_000 }];
  const { address } = await ShmListener.open({ ...options, pools });
  return `${address} ${shared?.segment.path ?? ""}`;
}

const listen: Readonly<Record<string, () => Promise<string | number>>> = {
  shm: listenShared,
  tcp: async () => new TcpListener(options).port,
  udp: async () => (await UdpListener.open(options)).port,
  ucx: async () => (await UcxListener.open(options)).port,
  plain: async () => listenPlain().port,
};
console.log(await listen[kind]?.());
await new Response(Bun.stdin).arrayBuffer();
process.exit(0);

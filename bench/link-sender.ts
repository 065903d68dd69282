/**
 * The other process of the bench of links: listens on loopback with the kind named on the command line and prints its port.
 *
 * Asked for a number of frames (four bytes, little-endian) it sends them: a link offers two at a time, `plain` writes them to Bun's socket
 * with nothing around. Other messages are sent back. It ends with its standard input.
 */
import { systemClock } from "@skyvox/core";
import { type Link, TcpListener, UcxListener, UdpListener } from "@skyvox/pipeline";

const COUNT_BYTES = 4;
const [kind = "", bytesText = ""] = process.argv.slice(2);
const frame = new Uint8Array(Number(bytesText));
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

const listen: Readonly<Record<string, () => Promise<{ readonly port: number }>>> = {
  tcp: async () => new TcpListener(options),
  udp: () => UdpListener.open(options),
  ucx: () => UcxListener.open(options),
  plain: async () => listenPlain(),
};
console.log((await listen[kind]?.())?.port);
await new Response(Bun.stdin).arrayBuffer();
process.exit(0);

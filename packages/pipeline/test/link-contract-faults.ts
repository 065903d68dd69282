import { expect, test } from "bun:test";
import { ChecksumError, LinkError } from "../src/link-error.ts";
import { encodeFrame } from "../src/link-frame.ts";
import type { LinkFixture } from "./link-fixture.ts";
import { Arrivals, Inbox } from "./link-inbox.ts";

/** Frames made by hand: a hello, then one message with the text given. */
function framesOf(text: string): Uint8Array[] {
  const payload = new TextEncoder().encode(text);
  return [
    encodeFrame({ type: "hello", checksumKind: "xxh3" }),
    encodeFrame({ type: "message", checksumKind: "xxh3", sequence: 0, payload }),
  ];
}

/** Frames made by hand that must be refused. */
export function faultTests(fixture: LinkFixture): void {
  test("refuses another version, naming both", async () => {
    const refused = new Arrivals<LinkError>();
    using listening = await fixture.listen({ accept: new Inbox().accept, onRefused: (fault) => refused.add(fault) });
    const [hello] = framesOf("") as [Uint8Array];
    hello[4] = 9;
    using _raw = await fixture.sendRaw(listening.address, [hello]);
    const fault = await refused.at(0);
    expect(fault.fault).toBe("version");
    expect(fault.message).toContain(": frames of version 9, need version 1");
  });

  test("refuses what is no frame", async () => {
    const refused = new Arrivals<LinkError>();
    using listening = await fixture.listen({ accept: new Inbox().accept, onRefused: (fault) => refused.add(fault) });
    using _raw = await fixture.sendRaw(listening.address, [new TextEncoder().encode("GET / HTTP/1.1\r\n".repeat(3))]);
    expect((await refused.at(0)).fault).toBe("protocol");
  });

  test("catches every flipped bit of a message and of its header, counts it and names it", async () => {
    const clean = framesOf("motion");
    const bits = [48, 53].flatMap((byte) => [0, 3, 7].map((bit) => byte * 8 + bit));
    for (const bit of [...bits, 8 * 8, 16 * 8 + 1, 24 * 8, 40 * 8, 44 * 8]) {
      const heard = new Inbox();
      const refused = new Arrivals<LinkError>();
      using listening = await fixture.listen({ accept: heard.accept, onRefused: (fault) => refused.add(fault) });
      const [hello, message] = clean.map((frame) => frame.slice()) as [Uint8Array, Uint8Array];
      message[bit >> 3]! ^= 1 << (bit & 7);
      using _raw = await fixture.sendRaw(listening.address, [hello, message]);
      const link = await heard.links.at(0);
      const fault = fixture.traits.isReliable ? await heard.ends.at(0) : await heard.faults.at(0);
      expect([bit, fault instanceof LinkError]).toEqual([bit, true]);
      expect(fault?.message).toContain(`${link.kind} ${link.peer}`);
      expect(heard.messages.all).toEqual([]);
      if (bit < 48 * 8) continue;
      expect(fault).toBeInstanceOf(ChecksumError);
      expect(fault).toMatchObject({ fault: "checksum", sequence: 0 });
      expect((fault as ChecksumError).found).not.toBe((fault as ChecksumError).expected);
      expect(link.statistics()).toMatchObject({ checksumFailures: 1, drops: { corrupt: 1 } });
    }
  });
}

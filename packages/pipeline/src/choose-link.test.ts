import { describe, expect, test } from "bun:test";
import { chooseLink, type LinkCapabilities, type LinkPurpose, probeLinks } from "./choose-link.ts";
import type { LinkKind } from "./link.ts";
import { probeUcx } from "./ucx-library.ts";

const kinds: readonly LinkKind[] = ["shm", "tcp", "udp", "ucx"];
const purposes: readonly LinkPurpose[] = (["machine", "network"] as const).flatMap((locality) =>
  (["complete", "fresh"] as const).map((delivery) => ({ locality, delivery })),
);

function having(...there: readonly LinkKind[]): LinkCapabilities {
  const of = (kind: LinkKind) => ({ isHere: there.includes(kind), note: `note of ${kind}` });
  return { shm: of("shm"), tcp: of("tcp"), udp: of("udp"), ucx: of("ucx") };
}

describe("Choosing a link", () => {
  test("takes the one made for the purpose where everything is there", () => {
    const chosen = purposes.map((purpose) => chooseLink(purpose, having(...kinds)).kind);
    expect(chosen).toEqual(["shm", "shm", "ucx", "udp"]);
  });

  test("falls back to tcp, and says what is missing", () => {
    const { kind, because, refused } = chooseLink({ locality: "network", delivery: "complete" }, having("tcp", "udp"));
    expect(kind).toBe("tcp");
    expect(because).toContain("note of tcp");
    expect(refused.find((one) => one.kind === "ucx")?.because).toBe("note of ucx");
    expect(chooseLink({ locality: "machine", delivery: "fresh" }, having("tcp")).kind).toBe("tcp");
  });

  test("gives a reason for every kind, whatever is there", () => {
    for (let set = 0; set < 16; set++) {
      const there = kinds.filter((_, i) => (set >> i) & 1);
      for (const purpose of purposes) {
        const { kind, because, refused } = chooseLink(purpose, having(...there, "tcp"));
        expect([...there, "tcp"]).toContain(kind);
        expect([kind, ...refused.map((one) => one.kind)].sort()).toEqual([...kinds].sort());
        // An empty reason would mean that a kind made for the purpose was passed over though it is there.
        for (const reason of [because, ...refused.map((one) => one.because)]) expect(reason).not.toBe("");
      }
    }
  });

  test("finds sockets everywhere, and ucx exactly where its library loads", () => {
    const found = probeLinks();
    expect([found.tcp.isHere, found.udp.isHere]).toEqual([true, true]);
    expect(found.ucx.isHere).toBe(probeUcx().ok);
  });

  test("answers a missing ucx with no and the reason", () => {
    const probe = probeUcx("/nowhere/libskyvox_ucx.so");
    expect(probe).toEqual({
      ok: false,
      reason:
        'Cannot use ucx: "/nowhere/libskyvox_ucx.so" not built, need UCX and its headers (Debian: libucx-dev), then: bun run native',
    });
  });

  test("answers a library that is none with no and the reason", () => {
    const probe = probeUcx(import.meta.path);
    expect(probe.ok).toBe(false);
    expect(probe.ok ? "" : probe.reason).toMatch(/^Cannot use ucx: .*, need UCX/s);
  });
});

/**
 * Chooses the link for a purpose, and says why: which kinds there are, which were passed over, and for what reason.
 *
 * The choice is a pure function of what was found; `probeLinks` finds it. RDMA is named only as what it is here: a device that is there or
 * is not. No rate is promised for it.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LinkKind } from "./link.ts";
import { probeUcx } from "./ucx-library.ts";

/** Whether a kind of link can be used here; the note says how, or why not. */
export interface LinkCapability {
  readonly isHere: boolean;
  readonly note: string;
}

/** What was found for each kind. */
export type LinkCapabilities = Readonly<Record<LinkKind, LinkCapability>>;

/** What a link is for. */
export interface LinkPurpose {
  /** Where the peer is: on this machine or across the network. */
  readonly locality: "machine" | "network";
  /** What matters: that everything arrives, or that what arrives is fresh. */
  readonly delivery: "complete" | "fresh";
}

/** A choice with its reasons. */
export interface LinkChoice {
  readonly kind: LinkKind;
  readonly because: string;
  /** The kinds that were passed over, each with the reason. */
  readonly refused: readonly { readonly kind: LinkKind; readonly because: string }[];
}

/** Looks for what each kind of link needs. */
export function probeLinks(): LinkCapabilities {
  const ucx = probeUcx();
  const hasLibrary = existsSync(join(import.meta.dir, "..", "build", "libskyvox_pipeline.so"));
  return {
    shm: hasLibrary ? here("memory shared by processes") : missing("the native library is not built: bun run native"),
    tcp: here("sockets of the system"),
    udp: here("sockets of the system"),
    ucx: ucx.ok ? here(rdmaNote()) : missing(ucx.reason),
  };
}

/** Chooses the first kind that is there, in the order of preference for the purpose. */
export function chooseLink({ locality, delivery }: LinkPurpose, capabilities: LinkCapabilities): LinkChoice {
  const preferred = preferences[locality][delivery];
  const chosen = preferred.find(({ kind }) => capabilities[kind].isHere) ?? lastResort;
  const refused = kinds.flatMap((kind) => {
    if (kind === chosen.kind) return [];
    const { isHere, note } = capabilities[kind];
    return [{ kind, because: isHere ? unsuited[locality][delivery][kind] : note }];
  });
  return { kind: chosen.kind, because: `${chosen.because} (${capabilities[chosen.kind].note})`, refused };
}

const kinds: readonly LinkKind[] = ["shm", "tcp", "udp", "ucx"];

interface Preference {
  readonly kind: LinkKind;
  readonly because: string;
}

const lastResort: Preference = { kind: "tcp", because: "it is there wherever there is a network" };

const preferences: Record<LinkPurpose["locality"], Record<LinkPurpose["delivery"], readonly Preference[]>> = {
  machine: {
    complete: [{ kind: "shm", because: "the peer maps the same memory: nothing is copied" }],
    fresh: [{ kind: "shm", because: "the peer maps the same memory and may skip to the newest" }],
  },
  network: {
    complete: [{ kind: "ucx", because: "the receiver fetches straight into its slot" }],
    fresh: [{ kind: "udp", because: "nothing waits for what was lost, and every loss is counted" }],
  },
};

const lossy = "it loses what the network drops";
const apart = "the peer has no memory in common";
const slower = "it copies more on the way";
const waits = "it holds back what is new until what was lost has come again";
const noShared = "with errors of peers handled it has no shared memory inside a machine";
const socketsCopy = "sockets copy what shared memory need not";

/** Why a kind that is there is not the one, where another is. */
const unsuited: Record<LinkPurpose["locality"], Record<LinkPurpose["delivery"], Record<LinkKind, string>>> = {
  machine: {
    complete: { shm: "", tcp: socketsCopy, udp: lossy, ucx: noShared },
    fresh: { shm: "", tcp: socketsCopy, udp: socketsCopy, ucx: noShared },
  },
  network: {
    complete: { shm: apart, tcp: slower, udp: lossy, ucx: "" },
    fresh: { shm: apart, tcp: waits, udp: "", ucx: waits },
  },
};

function here(note: string): LinkCapability {
  return { isHere: true, note };
}

function missing(note: string): LinkCapability {
  return { isHere: false, note };
}

/** Linux lists RDMA devices here, each as a folder. */
const RDMA_FOLDER = "/sys/class/infiniband";

function rdmaNote(): string {
  const devices = existsSync(RDMA_FOLDER) ? readdirSync(RDMA_FOLDER) : [];
  if (devices.length === 0) return "over TCP: there is no RDMA device";
  return `RDMA device ${devices.join(", ")}: what it reaches has to be measured`;
}

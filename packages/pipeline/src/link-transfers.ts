/**
 * The transfers of a reliable link: offers on the way out, pulls on the way in, and how both are settled.
 *
 * An offer ends in exactly one way: pulled and found whole, found changed, refused, or given up with the link. Until then its bytes are
 * lent, on both ends: the sender's are read and the receiver's are written.
 */
import { assert, type Clock } from "@skyvox/core";
import { ChecksumFill, type ChecksumKind, checksumOf } from "./checksum.ts";
import {
  DESCRIPTION_BYTES_MAX,
  type Delivery,
  type LinkHandlers,
  type LinkTraits,
  type Offer,
  type TransferSource,
  type TransferView,
} from "./link.ts";
import type { LinkCounters } from "./link-counters.ts";
import { ChecksumError, type LinkError, type LinkFault } from "./link-error.ts";
import {
  decodeOffer,
  encodeOffer,
  type FrameHeader,
  type FrameParts,
  type OfferBody,
  settlements,
} from "./link-frame.ts";
import type { Carrier } from "./link-session.ts";

/** Transfers one end may have offered and not settled. */
const OFFERS_MAX = 64;

/** What the transfers need of their link. */
export interface TransfersOptions {
  readonly name: string;
  readonly traits: LinkTraits;
  readonly checksum: ChecksumKind;
  readonly clock: Clock;
  readonly carrier: Carrier;
  readonly counters: LinkCounters;
  /** Sends a frame. */
  readonly post: (frame: Omit<FrameParts, "checksumKind">) => void;
  /** Ends the link because the peer broke a rule. */
  readonly fail: (fault: LinkFault, found: string, need: string) => void;
}

interface OpenOffer {
  readonly bytes: Uint8Array;
  readonly startNs: bigint;
  readonly settle: PromiseWithResolvers<Delivery>;
}

/** Keeps the open transfers of one end. */
export class LinkTransfers {
  readonly #options: TransfersOptions;
  readonly #offers = new Map<number, OpenOffer>();
  /** Numbers of the peer's offers that are not settled. */
  readonly #incoming = new Set<number>();
  #offered = 0;
  #end: LinkError | undefined;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** Announces bytes to the peer and waits for their settlement, as `Link.offer` says. */
  async offer({ bytes, sequence, description, checksum }: TransferSource): Promise<Delivery> {
    assert(description.length <= DESCRIPTION_BYTES_MAX, `description has at most ${DESCRIPTION_BYTES_MAX} bytes`);
    const { traits, counters, checksum: checksumKind, clock, carrier, post } = this.#options;
    if (bytes.length > traits.transferBytesMax) {
      counters.drops.oversized++;
      return { ok: false, reason: "oversized" };
    }
    if (this.#offers.size >= OFFERS_MAX) {
      counters.drops.full++;
      return { ok: false, reason: "full" };
    }
    const startNs = clock.nowNs();
    const transfer = this.#offered++ % 2 ** 32;
    const settle = Promise.withResolvers<Delivery>();
    this.#offers.set(transfer, { bytes, startNs, settle });
    const body: OfferBody = {
      byteLength: bytes.length,
      checksum: checksum ?? checksumOf(checksumKind, bytes, sequence),
      checksumKind,
      description,
      ticket: carrier.announce(transfer, bytes),
    };
    post({ type: "offer", sequence, transfer, payload: encodeOffer(body) });
    return settle.promise;
  }

  /** The peer asks for the bytes of an offer. */
  serve({ transfer }: FrameHeader): void {
    const offer = this.#offers.get(transfer);
    if (offer !== undefined) this.#options.carrier.serve(transfer, offer.bytes);
    else this.#options.fail("protocol", `a pull of ${transfer}`, "one that is offered");
  }

  /** The peer is done with an offer. */
  settled({ transfer, detail }: FrameHeader): void {
    const { counters, clock, carrier, fail } = this.#options;
    const offer = this.#offers.get(transfer);
    const how = settlements[detail];
    if (offer === undefined || how === undefined) {
      fail("protocol", `a settlement of ${transfer}`, "one of an offer");
      return;
    }
    this.#offers.delete(transfer);
    carrier.letGo(transfer);
    if (how === "ok") counters.transferSent(offer.bytes.length, clock.nowNs() - offer.startNs);
    else counters.drops[how]++;
    offer.settle.resolve(how === "ok" ? { ok: true } : { ok: false, reason: how });
  }

  /** The peer announces something. */
  announced({ sequence, transfer }: FrameHeader, payload: Uint8Array, handlers: LinkHandlers): void {
    const { traits, fail } = this.#options;
    const body = decodeOffer(payload);
    if (body === null || body.byteLength > traits.transferBytesMax || this.#incoming.has(transfer)) {
      fail("protocol", "an offer that makes no sense", "length, checksum and ticket");
      return;
    }
    if (this.#incoming.size >= OFFERS_MAX) {
      fail("protocol", "an offer too many", `at most ${OFFERS_MAX}`);
      return;
    }
    this.#incoming.add(transfer);
    handlers.onOffer(this.#offerOf(transfer, sequence, body));
  }

  /** Answers everything that waits with the error. */
  end(error: LinkError): void {
    this.#end = error;
    for (const { settle } of this.#offers.values()) settle.reject(error);
    this.#options.carrier.abandon(error);
    this.#offers.clear();
    this.#incoming.clear();
  }

  #offerOf(transfer: number, sequence: number, body: OfferBody): Offer {
    let isAnswered = false;
    const answer = (): void => {
      assert(!isAnswered, "an offer is answered once");
      isAnswered = true;
    };
    return {
      sequence,
      byteLength: body.byteLength,
      description: body.description,
      pullInto: async (target) => {
        answer();
        assert(target.length === body.byteLength, "the target has the length of the offer");
        await this.#pull(transfer, sequence, body, target);
      },
      view: () => {
        assert(!isAnswered, "an offer is answered once");
        return this.#view(transfer, sequence, body, answer);
      },
      refuse: () => {
        answer();
        this.#options.counters.drops.refused++;
        this.#settle(transfer, "refused");
      },
    };
  }

  async #pull(transfer: number, sequence: number, body: OfferBody, target: Uint8Array): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    const { counters, clock, carrier } = this.#options;
    const startNs = clock.nowNs();
    const { checksumKind: kind, checksum: expected, ticket } = body;
    const fill = new ChecksumFill({ kind, sequence, target });
    const found = await carrier.fetch({ transfer, ticket, target, kind, sequence, fill });
    this.#verify(transfer, sequence, expected, found);
    counters.transferReceived(target.length, clock.nowNs() - startNs);
    this.#settle(transfer, "ok");
  }

  #view(transfer: number, sequence: number, body: OfferBody, answer: () => void): TransferView | null {
    if (this.#end !== undefined) throw this.#end;
    const { counters, clock, carrier } = this.#options;
    const startNs = clock.nowNs();
    const view = carrier.view(body.ticket, body.byteLength);
    if (view === null) return null;
    answer();
    const found = checksumOf(body.checksumKind, view.bytes, sequence);
    if (found !== body.checksum) view.release();
    this.#verify(transfer, sequence, body.checksum, found);
    counters.transferReceived(body.byteLength, clock.nowNs() - startNs);
    this.#settle(transfer, "ok");
    return view;
  }

  #verify(transfer: number, sequence: number, expected: bigint, found: bigint): void {
    if (found === expected) return;
    const { name, counters } = this.#options;
    counters.checksumFailures++;
    counters.drops.corrupt++;
    this.#settle(transfer, "corrupt");
    throw new ChecksumError({ link: name, what: "transfer", sequence, expected, found });
  }

  #settle(transfer: number, how: (typeof settlements)[number]): void {
    // After the end of the link there is nobody to be told.
    if (!this.#incoming.delete(transfer)) return;
    this.#options.post({ type: "settled", transfer, detail: settlements.indexOf(how) });
  }
}

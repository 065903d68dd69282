/** Collects what a link tells, so that a test can wait for it instead of for a time. */
import type { Link, LinkAccept, Offer } from "../src/link.ts";
import type { LinkError } from "../src/link-error.ts";

/** A message as it was when it arrived. */
export interface KeptMessage {
  readonly bytes: Uint8Array;
  readonly sequence: number;
}

/** What one end of a link has heard. */
export class Inbox {
  readonly messages = new Arrivals<KeptMessage>();
  readonly offers = new Arrivals<Offer>();
  readonly faults = new Arrivals<LinkError>();
  readonly ends = new Arrivals<LinkError | null>();
  readonly links = new Arrivals<Link>();
  /** While it is set, every message waits for it after it was kept. */
  hold: Promise<void> | undefined;

  readonly accept: LinkAccept = (link) => {
    this.links.add(link);
    return {
      onMessage: ({ bytes, sequence }) => {
        this.messages.add({ bytes: bytes.slice(), sequence });
        return this.hold;
      },
      onOffer: (offer) => this.offers.add(offer),
      onFault: (fault) => this.faults.add(fault),
      onEnd: (fault) => this.ends.add(fault),
    };
  };
}

/** Things that arrive one by one and are kept. */
export class Arrivals<Value> {
  readonly all: Value[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  add(value: Value): void {
    this.all.push(value);
    const ready = this.#waiting.filter(({ count }) => count <= this.all.length);
    this.#waiting = this.#waiting.filter(({ count }) => count > this.all.length);
    for (const { resolve } of ready) resolve();
  }

  /** Waits until so many are there; resolves to all of them. */
  async reach(count: number): Promise<Value[]> {
    if (this.all.length < count) await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    return this.all;
  }

  /** Waits for the one at an index. */
  async at(index: number): Promise<Value> {
    return (await this.reach(index + 1))[index] as Value;
  }
}

/**
 * The engine's key store in the simulated world: kept by a majority of its hosts, one winner per key, lost when all hosts die.
 */
import type { NodeId } from "@skyvox/cluster";

/** Keys and who created them. */
export class SimStore {
  hosts: readonly NodeId[];
  #keys = new Map<number, NodeId>();

  constructor(hosts: readonly NodeId[]) {
    this.hosts = hosts;
  }

  /** True where a node reaches a host that is in touch with a majority of the hosts. */
  isReachable(node: NodeId, canTalk: (a: NodeId, b: NodeId) => boolean): boolean {
    const inTouch = (host: NodeId) => this.hosts.filter((other) => canTalk(host, other)).length * 2 > this.hosts.length;
    return this.hosts.some((host) => canTalk(node, host) && inTouch(host));
  }

  /** Creates a key; returns false where it exists. */
  create(epoch: number, holder: NodeId): boolean {
    if (this.#keys.has(epoch)) return false;
    this.#keys.set(epoch, holder);
    return true;
  }

  read(epoch: number): NodeId | null {
    return this.#keys.get(epoch) ?? null;
  }

  /** The hosts died; others begin with nothing. */
  remake(hosts: readonly NodeId[]): void {
    this.hosts = hosts;
    this.#keys = new Map();
  }
}

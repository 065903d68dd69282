/**
 * Machines of one network on this machine: a network namespace for each, joined by a bridge in one more, all gone with their namespaces.
 */

/** Why namespaces cannot be made here; null where they can. */
export function whyNoNamespaces(): string | null {
  if (process.getuid?.() !== 0) return "it needs root";
  if (Bun.which("ip") === null) return "it needs ip (Debian: iproute2)";
  const name = `sv${crypto.randomUUID().slice(0, 8)}`;
  const { exitCode, stderr } = Bun.spawnSync(["ip", "netns", "add", name]);
  if (exitCode !== 0) return `ip netns add fails: ${stderr.toString().trim()}`;
  Bun.spawnSync(["ip", "netns", "del", name]);
  return null;
}

/** A network of a few machines; dispose it to take it down. */
export class NamespaceNetwork implements Disposable {
  readonly #prefix = `sv${crypto.randomUUID().slice(0, 8)}`;
  readonly #names: string[] = [];
  readonly #hub: string;

  constructor(machineCount: number) {
    this.#hub = this.#add("hub");
    ip("-n", this.#hub, "link", "add", "br0", "type", "bridge");
    ip("-n", this.#hub, "link", "set", "br0", "up");
    for (let index = 0; index < machineCount; index++) {
      const name = this.#add(`m${index}`);
      ip("-n", this.#hub, "link", "add", `port${index}`, "type", "veth", "peer", "name", "eth0", "netns", name);
      ip("-n", this.#hub, "link", "set", `port${index}`, "master", "br0", "up");
      ip("-n", name, "addr", "add", `${this.addressOf(index)}/24`, "broadcast", this.broadcast, "dev", "eth0");
      ip("-n", name, "link", "set", "eth0", "up");
      ip("-n", name, "link", "set", "lo", "up");
    }
  }

  readonly broadcast = "10.99.0.255";

  addressOf(index: number): string {
    return `10.99.0.${index + 1}`;
  }

  /** The words before a command that is to run on a machine. */
  on(index: number): string[] {
    return ["ip", "netns", "exec", `${this.#prefix}-m${index}`];
  }

  /** Pulls a machine's cable; returns what puts it back. */
  unplug(index: number): () => void {
    ip("-n", this.#hub, "link", "set", `port${index}`, "down");
    return () => ip("-n", this.#hub, "link", "set", `port${index}`, "up");
  }

  /** Loses all that a machine sends to another, in this direction only; returns what ends that. */
  mute(from: number, to: number): () => void {
    const route = ["blackhole", `${this.addressOf(to)}/32`];
    ip("-n", `${this.#prefix}-m${from}`, "route", "add", ...route);
    return () => ip("-n", `${this.#prefix}-m${from}`, "route", "del", ...route);
  }

  [Symbol.dispose](): void {
    for (const name of this.#names.splice(0)) ip("netns", "del", name);
  }

  #add(part: string): string {
    const name = `${this.#prefix}-${part}`;
    ip("netns", "add", name);
    this.#names.push(name);
    return name;
  }
}

function ip(...words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["ip", ...words]);
  if (exitCode !== 0) throw new Error(`ip ${words.join(" ")}: ${stderr.toString().trim()}`);
}

/**
 * Shows how far long work is: one line that rewrites itself on a terminal, a plain line every few seconds elsewhere. Written to standard
 * error, so standard output stays clean for results.
 */
export class Progress implements Disposable {
  readonly #label: string;
  readonly #stream: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly #nowMs: () => number;
  #shownMs = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(options: {
    readonly label: string;
    readonly stream: { readonly isTTY?: boolean; write(text: string): unknown };
    readonly nowMs: () => number;
  }) {
    this.#label = options.label;
    this.#stream = options.stream;
    this.#nowMs = options.nowMs;
  }

  /** Says what is done; `fraction` of the whole where the whole is known. */
  update(text: string, fraction: number | null): void {
    const terminal = this.#stream.isTTY === true;
    const nowMs = this.#nowMs();
    if (nowMs - this.#shownMs < (terminal ? TERMINAL_MS : PLAIN_MS)) return;
    this.#shownMs = nowMs;
    const percent = fraction === null ? "" : ` ${String(Math.round(fraction * 100)).padStart(3)}%`;
    if (!terminal) {
      this.#stream.write(`${this.#label}:${percent} ${text}\n`);
      return;
    }
    this.#stream.write(`\r\x1b[2K${this.#label}${fraction === null ? "" : ` ${bar(fraction)}`}${percent} ${text}`);
    this.#drawn = true;
  }

  /** Takes the line off the terminal. */
  [Symbol.dispose](): void {
    if (this.#drawn) this.#stream.write("\r\x1b[2K");
    this.#drawn = false;
  }
}

const TERMINAL_MS = 100;
const PLAIN_MS = 5000;
const BAR_COLUMNS = 24;

function bar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_COLUMNS);
  return `[${"#".repeat(filled)}${"-".repeat(BAR_COLUMNS - filled)}]`;
}

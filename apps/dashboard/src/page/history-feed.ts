/** What the node keeps of the time before: how far back it goes, and spans of it. */
import type { CamerasMessage, TracksMessage } from "../messages.ts";

/** A message of the stream that the node keeps. */
export type KeptMessage = TracksMessage | CamerasMessage;

/** Site time of the oldest and of the newest message kept, seconds. */
export interface Extent {
  readonly firstS: number;
  readonly lastS: number;
}

/** Where kept messages come from. */
export interface History {
  /** How much is kept now; null where nothing is, or the node cannot say. */
  extent(): Promise<Extent | null>;
  /** All messages from `fromS` to before `toS`, oldest first. @throws where the node does not answer. */
  span(fromS: number, toS: number): Promise<KeptMessage[]>;
}

const NEXT_HEADER = "skyvox-next-s";

/** Asks the node this page came from. */
export const nodeHistory: History = {
  async extent() {
    try {
      const response = await fetch("/api/v1/history/summary", { cache: "no-store" });
      if (!response.ok) return null;
      const { firstS, lastS }: { firstS: number | null; lastS: number | null } = await response.json();
      return firstS === null || lastS === null ? null : { firstS, lastS };
    } catch {
      return null;
    }
  },
  async span(fromS, toS) {
    const messages: KeptMessage[] = [];
    let next: string | null = String(fromS);
    while (next) {
      const response: Response = await fetch(`/api/v1/history?from=${next}&to=${toS}`, { cache: "no-store" });
      if (!response.ok) throw new Error(`Cannot look back: the node answers ${response.status}`);
      const lines = (await response.text()).split("\n");
      for (const line of lines) if (line !== "") messages.push(JSON.parse(line));
      next = response.headers.get(NEXT_HEADER);
    }
    return messages;
  },
};

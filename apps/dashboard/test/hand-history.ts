import type { TracksMessage } from "../src/messages.ts";
import type { Extent, History, KeptMessage } from "../src/page/history-feed.ts";

/** A frame set of one track that flies east at 1 m/s. */
export function stepAt(timeS: number): TracksMessage {
  const track: TracksMessage["tracks"][number] = {
    id: 5,
    state: "confirmed",
    positionM: [timeS, 0, 0],
    velocityMps: [1, 0, 0],
    covarianceM2: [1, 0, 0, 1, 0, 1],
    score: 1,
    ageS: timeS,
    detectionCount: 1,
  };
  return { type: "tracks", timeS, tracks: [track], detections: [] };
}

/** A history of ten frame sets a second from `firstS` on, whose answers come when they are let go. */
export class HandHistory implements History {
  firstS = 0;
  lastS = 60;
  refusing = false;
  readonly asked: string[] = [];
  private waiting: (() => void)[] = [];

  async extent(): Promise<Extent | null> {
    return { firstS: this.firstS, lastS: this.lastS };
  }

  async span(fromS: number, toS: number): Promise<KeptMessage[]> {
    this.asked.push(`${fromS} ${toS}`);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.refusing) throw new Error("Cannot look back: the node answers 500");
    const messages: TracksMessage[] = [];
    for (let tick = Math.ceil(Math.max(fromS, this.firstS) * 10); tick / 10 < toS && tick / 10 <= this.lastS; tick++) {
      messages.push(stepAt(tick / 10));
    }
    return messages;
  }

  /** Lets all answers go that wait, and waits until they have been taken. */
  async answer(): Promise<void> {
    for (const resolve of this.waiting.splice(0)) resolve();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

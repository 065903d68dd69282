/** What the small world was like before: its history as a node would tell it. */
import type { TracksMessage } from "../src/messages.ts";
import { camerasAt } from "./fake-world.ts";

/** How the world's history is told. */
export interface FakeHistory {
  readonly firstS: number;
  readonly lastS: number;
  readonly step: (timeS: number) => TracksMessage;
}

const STEP_HZ = 30;
/** Messages in one answer: fewer than a span holds, so that the page must ask on. */
const ANSWER_MAX = 200;

/** Answers a request for the history; null where it is none. */
export function historyAt(url: URL, { firstS, lastS, step }: FakeHistory): Response | null {
  if (url.pathname === "/api/v1/history/summary") {
    const bounds = { secondsMax: 600, bytesMax: 1e8 };
    return Response.json({ firstS, lastS, stepCount: Math.round((lastS - firstS) * STEP_HZ), bytes: 1e6, ...bounds });
  }
  if (url.pathname !== "/api/v1/history") return null;
  const from = Math.max(firstS, Number(url.searchParams.get("from")));
  const to = Math.min(lastS, Number(url.searchParams.get("to")));
  const lines: string[] = [];
  let next = "";
  for (let tick = Math.ceil(from * STEP_HZ); tick / STEP_HZ < to; tick++) {
    const timeS = tick / STEP_HZ;
    if (lines.length >= ANSWER_MAX) {
      next = String(timeS);
      break;
    }
    lines.push(JSON.stringify(step(timeS)));
    if (tick % 3 === 0) lines.push(JSON.stringify(camerasAt(timeS)));
  }
  const headers = { "content-type": "application/x-ndjson", "skyvox-next-s": next };
  return new Response(lines.map((line) => `${line}\n`).join(""), { headers });
}

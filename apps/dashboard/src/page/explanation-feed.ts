/**
 * The node's explanation of what a person chose, asked for again and again while it is chosen.
 *
 * There is no timer: the page asks ten times a second, and a request starts when one is due and none is under way. An answer about something
 * that is not chosen any more is thrown away.
 */
import type { CameraExplanation, PlaceExplanation, TrackExplanation } from "../explanations.ts";
import type { Point } from "./geometry.ts";

/** What is to be explained. */
export type Subject =
  | { readonly kind: "track"; readonly id: number }
  | { readonly kind: "place"; readonly label: string; readonly positionM: Point }
  | { readonly kind: "camera"; readonly id: string };

/** An answer, of the kind that was asked for. */
export type Explanation =
  | { readonly kind: "track"; readonly told: TrackExplanation }
  | { readonly kind: "place"; readonly told: PlaceExplanation }
  | { readonly kind: "camera"; readonly told: CameraExplanation };

const INTERVAL_MS = 400;
const RETRY_MS = 1_500;

/** Asks for explanations, one request at a time. */
export class ExplanationFeed implements Disposable {
  /** The newest answer about what is chosen, or null. */
  answer: Explanation | null = null;
  /** Why there is none, or null. */
  problem: string | null = null;
  private asked = "";
  private inFlight: AbortController | null = null;
  private dueMs = 0;

  /** Asks about a subject where an answer is due; null where nothing is chosen. */
  poll(nowMs: number, subject: Subject | null): void {
    const asked = subject === null ? "" : keyOf(subject);
    if (asked !== this.asked) {
      this.inFlight?.abort();
      this.inFlight = null;
      this.answer = null;
      this.problem = null;
      this.asked = asked;
      this.dueMs = 0;
    }
    if (subject === null || this.inFlight || nowMs < this.dueMs) return;
    this.dueMs = nowMs + INTERVAL_MS;
    this.inFlight = new AbortController();
    void this.load(subject, this.inFlight);
  }

  [Symbol.dispose](): void {
    this.inFlight?.abort();
  }

  private async load(subject: Subject, request: AbortController): Promise<void> {
    try {
      const response = await fetch(urlOf(subject), { signal: request.signal, cache: "no-store" });
      const body: unknown = await response.json();
      if (request.signal.aborted) return;
      // Both ends come from the same build: the kind asked for is the kind told.
      this.answer = response.ok ? ({ kind: subject.kind, told: body } as Explanation) : null;
      this.problem = response.ok ? null : detailOf(body);
    } catch {
      if (request.signal.aborted) return;
      this.problem = "The node does not answer";
      this.dueMs = performance.now() + RETRY_MS;
    } finally {
      if (this.inFlight === request) this.inFlight = null;
    }
  }
}

/** What makes a subject another one; a place that moves with its target stays the same. */
function keyOf(subject: Subject): string {
  return `${subject.kind} ${subject.kind === "place" ? subject.label : subject.id}`;
}

function urlOf(subject: Subject): string {
  if (subject.kind === "track") return `/api/v1/tracks/${subject.id}/explanation`;
  if (subject.kind === "camera") return `/api/v1/cameras/${encodeURIComponent(subject.id)}/explanation`;
  const [e, n, u] = subject.positionM.map((value) => value.toFixed(3));
  return `/api/v1/explanation?e=${e}&n=${n}&u=${u}`;
}

/** The one line of a problem document (RFC 9457). */
function detailOf(body: unknown): string {
  const detail = typeof body === "object" && body !== null && "detail" in body ? body.detail : null;
  return typeof detail === "string" ? detail : "The node cannot explain it";
}

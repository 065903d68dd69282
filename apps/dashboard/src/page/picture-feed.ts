/**
 * Pictures of one camera, fetched while somebody looks at them.
 *
 * There is no timer: the tile asks once per frame, and a request starts when one is due and none is under way.
 */

/** One picture of a camera and the site time it was taken at, where the node tells it. */
export interface Picture {
  readonly bitmap: ImageBitmap;
  readonly timeS: number | null;
}

const INTERVAL_MS = 200;
const RETRY_MS = 1_500;
/** Header of a snapshot: seconds on the site's time line at which the picture was taken. */
export const TIME_HEADER = "skyvox-time-s";

/** Fetches a camera's picture again and again, one request at a time; it owns the newest and closes the ones before. */
export class PictureFeed implements Disposable {
  picture: Picture | null = null;
  /** Why there is no picture, or null. */
  problem: string | null = null;
  /** Pictures received so far. */
  count = 0;
  private readonly url: string;
  private inFlight: AbortController | null = null;
  private dueMs = 0;

  constructor(cameraId: string) {
    this.url = `/api/v1/cameras/${encodeURIComponent(cameraId)}/snapshot.png`;
  }

  /** Asks for a new picture where one is due; call it once per frame while the picture can be seen. */
  poll(nowMs: number, widthPx: number): void {
    if (this.inFlight || nowMs < this.dueMs) return;
    this.dueMs = nowMs + INTERVAL_MS;
    this.inFlight = new AbortController();
    void this.load(`${this.url}?width=${widthPx}`, this.inFlight.signal);
  }

  [Symbol.dispose](): void {
    this.inFlight?.abort();
    this.picture?.bitmap.close();
    this.picture = null;
  }

  private async load(url: string, signal: AbortSignal): Promise<void> {
    try {
      const response = await fetch(url, { signal, cache: "no-store", headers: { accept: "image/png" } });
      if (!response.ok) {
        await response.body?.cancel();
        throw new Error(response.status === 404 ? "no picture yet" : `no picture (status ${response.status})`);
      }
      const told = response.headers.get(TIME_HEADER);
      const bitmap = await createImageBitmap(await response.blob());
      if (signal.aborted) return bitmap.close();
      this.picture?.bitmap.close();
      this.picture = { bitmap, timeS: told === null ? null : Number(told) };
      this.problem = null;
      this.count++;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = error instanceof Error && error.message.startsWith("no picture") ? error.message : "no picture";
      this.dueMs = performance.now() + RETRY_MS;
    } finally {
      this.inFlight = null;
    }
  }
}

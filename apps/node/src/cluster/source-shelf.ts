/**
 * The sources of a site on one node: taken when a camera comes, given back when it goes.
 *
 * A simulated camera takes a second to make and then costs memory only, so all of them are made before the node joins and kept; a camera that
 * moves here from a node that died is then observed from the next frame on. Other sources are opened when they are wanted.
 */
import {
  type CameraSource,
  givesPictures,
  openObservations,
  openSource,
  type Site,
  type SiteCamera,
} from "@skyvox/cameras";
import { type CameraId, messageOf, SkyvoxError } from "@skyvox/core";

/** See the head of this file. Disposing it closes what is on it. */
export class SourceShelf implements AsyncDisposable {
  readonly #site: Site;
  readonly #siteDirectory: string;
  readonly #kept = new Map<CameraId, CameraSource>();

  constructor(site: Site, siteDirectory: string) {
    this.#site = site;
    this.#siteDirectory = siteDirectory;
  }

  /** Opens the sources that are kept. @throws {SkyvoxError} "source" for one that names no scene. */
  async prepare(): Promise<void> {
    for (const camera of this.#site.cameras) if (isKept(camera)) this.#kept.set(camera.id, await this.#open(camera));
  }

  /** Takes a camera's source; the caller gives it back. @throws {SkyvoxError} where it cannot be opened, or the site has no such camera. */
  async take(id: CameraId): Promise<CameraSource> {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    if (kept !== undefined) return kept;
    const camera = this.#site.cameras.find((candidate) => candidate.id === id);
    if (camera === undefined)
      throw new SkyvoxError("site", `Cannot observe camera "${id}": the site has none, need one of its own`);
    return await this.#open(camera);
  }

  /** Gives a source back that was not read to its end. */
  async giveBack(source: CameraSource): Promise<void> {
    const camera = this.#site.cameras.find(({ id }) => id === source.cameraId);
    if (camera !== undefined && isKept(camera) && !this.#kept.has(camera.id)) this.#kept.set(camera.id, source);
    else await source[Symbol.asyncDispose]();
  }

  /**
   * Looks when the first frame of the first camera that can be opened was captured: where the site's time begins. Cameras that begin
   * earlier skip ahead.
   */
  async firstCaptureNs(onCannotOpen: (id: CameraId, why: string) => void): Promise<bigint> {
    for (const { id } of this.#site.cameras) {
      try {
        const source = await this.take(id);
        const first = await source.next();
        await this.giveBack(source);
        if (first !== null) return first.captureNs;
      } catch (error) {
        if (!(error instanceof SkyvoxError)) throw error;
        onCannotOpen(id, messageOf(error));
      }
    }
    return 0n;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sources = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()));
  }

  async #open(camera: SiteCamera): Promise<CameraSource> {
    const siteDirectory = this.#siteDirectory;
    return await (givesPictures(camera) ? openSource : openObservations)(camera, { siteDirectory });
  }
}

function isKept({ source }: SiteCamera): boolean {
  return source.startsWith("scene:");
}

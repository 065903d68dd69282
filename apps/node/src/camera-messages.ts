/** What the node and its camera process tell each other. */
import type { Site } from "@skyvox/cameras";
import type { SkyvoxErrorCode } from "@skyvox/core";

/** Which sources to read, and into what: the segments' paths in the order of the site's cameras. */
export interface ServeMessage {
  readonly site: Site;
  readonly siteDirectory: string;
  readonly paths: readonly string[];
}

export type FromCameras =
  | { readonly type: "opened" }
  /** A source could not be opened. */
  | { readonly type: "failed"; readonly code: SkyvoxErrorCode; readonly message: string };

/** What the node and its camera process tell each other. */
import type { Site } from "@skyvox/cameras";
import type { SkyvoxErrorCode } from "@skyvox/core";
import type { FramePlaces } from "./frame-pools.ts";

/** Which sources to read, into what, and whether a checksum goes with every frame. */
export interface ServeMessage {
  readonly site: Site;
  readonly siteDirectory: string;
  readonly places: FramePlaces;
  readonly isChecked: boolean;
}

export type FromCameras =
  | { readonly type: "opened" }
  /** A source could not be opened. */
  | { readonly type: "failed"; readonly code: SkyvoxErrorCode; readonly message: string };

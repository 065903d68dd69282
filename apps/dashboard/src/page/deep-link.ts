/** What an address such as `#track=12&camera=north` points at. */
export interface Target {
  readonly trackId: number | null;
  readonly cameraId: string | null;
}

/** Reads the fragment of an address; what is not understood is left out. */
export function readTarget(hash: string): Target {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const track = fields.get("track");
  return {
    trackId: track !== null && /^\d{1,15}$/.test(track) ? Number(track) : null,
    cameraId: fields.get("camera"),
  };
}

/** Writes the fragment of an address, empty where it points at nothing. */
export function writeTarget(target: Target): string {
  const fields = new URLSearchParams();
  if (target.trackId !== null) fields.set("track", String(target.trackId));
  if (target.cameraId !== null) fields.set("camera", target.cameraId);
  const text = fields.toString();
  return text === "" ? "" : `#${text}`;
}

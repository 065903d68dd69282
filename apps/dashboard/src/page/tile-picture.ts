import type { SiteCamera } from "./geometry.ts";
import { projectToPixel } from "./geometry.ts";
import { colourOf, type LiveState } from "./live-state.ts";
import { ACCENT, cssColour } from "./palette.ts";
import type { Picture } from "./picture-feed.ts";

/** What one tile shows: a camera's picture with the motion found in it and the tracks as they fall into it. */
export interface TileContent {
  readonly camera: SiteCamera;
  readonly picture: Picture | null;
  readonly chosenTrackId: number | null;
}

/**
 * Draws a tile over the whole canvas.
 *
 * Boxes and tracks are those of the time the picture was taken, where the node tells it: a target at 20 m/s would otherwise be boxed
 * metres ahead of its picture.
 */
export function drawTile(context: CanvasRenderingContext2D, state: LiveState, content: TileContent): void {
  const { width, height } = context.canvas;
  const { camera, picture } = content;
  context.clearRect(0, 0, width, height);
  if (picture) context.drawImage(picture.bitmap, 0, 0, width, height);
  const perPixel = width / camera.intrinsics.widthPx;
  const unit = Math.max(1, width / 300);
  const timeS = picture?.timeS ?? state.timeS;
  drawBlobs(context, state, { content, timeS, perPixel, unit });
  drawTracks(context, state, { content, timeS, perPixel, unit });
}

interface Drawing {
  readonly content: TileContent;
  readonly timeS: number;
  /** Canvas pixels per camera pixel. */
  readonly perPixel: number;
  /** Canvas pixels of a thin line. */
  readonly unit: number;
}

function drawBlobs(
  context: CanvasRenderingContext2D,
  state: LiveState,
  { content, timeS, perPixel, unit }: Drawing,
): void {
  const report = state.reportAt(timeS)?.cameras.find(({ id }) => id === content.camera.id);
  if (!report) return;
  context.strokeStyle = cssColour(ACCENT, 0.9);
  context.lineWidth = unit;
  // A margin keeps the line off the thing it marks; a speck of two pixels still gets a box that can be seen.
  const margin = 3 * unit;
  for (const [x0, y0, x1, y1] of report.blobs.slice(0, BLOBS_MAX)) {
    context.strokeRect(
      x0 * perPixel - margin,
      y0 * perPixel - margin,
      (x1 - x0 + 1) * perPixel + 2 * margin,
      (y1 - y0 + 1) * perPixel + 2 * margin,
    );
  }
}

const BLOBS_MAX = 200;

function drawTracks(
  context: CanvasRenderingContext2D,
  state: LiveState,
  { content, timeS, perPixel, unit }: Drawing,
): void {
  context.font = `600 ${10.5 * unit}px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace`;
  context.textBaseline = "middle";
  for (const track of state.tracks.values()) {
    if (track.endedS !== null) continue;
    const at = track.trail.positionAt(timeS) ?? (content.picture?.timeS == null ? track.now.positionM : null);
    const pixel = at && projectToPixel(content.camera, at);
    if (!pixel) continue;
    const x = (pixel[0] + 0.5) * perPixel;
    const y = (pixel[1] + 0.5) * perPixel;
    const colour = cssColour(colourOf(track), track.now.state === "tentative" ? 0.6 : 1);
    const arm = 7 * unit;
    context.strokeStyle = colour;
    context.lineWidth = 1.4 * unit;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      context.moveTo(x + dx * arm * 0.7, y + dy * arm * 0.7);
      context.lineTo(x + dx * arm * 1.5, y + dy * arm * 1.5);
    }
    if (track.now.id === content.chosenTrackId) context.rect(x - arm * 1.9, y - arm * 1.9, arm * 3.8, arm * 3.8);
    context.stroke();
    if (track.now.state === "tentative") continue;
    context.fillStyle = colour;
    context.fillText(`${track.now.id}`, x + arm * 1.2, y - arm * 1.4);
  }
}

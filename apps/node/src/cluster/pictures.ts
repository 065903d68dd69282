/** Pictures of cameras that another node observes: asked for one by one, small, for people to look at. */

import { type Fabric, FabricError } from "@skyvox/cluster";
import { type CameraId, cameraId } from "@skyvox/core";
import { z } from "zod";
import type { TimedPicture } from "../shrink.ts";
import { nsText, subjects } from "./line-messages.ts";
import { packParcel, unpackParcel } from "./parcel.ts";

/** Columns at most: a picture this wide fits a message of the engine. */
const WIDTH_PX_MAX = 960;
const ANSWER_MS_MAX = 2000;

const question = z.strictObject({
  cameraId: z.string().min(1).max(200).transform(cameraId),
  widthPx: z.int().min(1).max(WIDTH_PX_MAX),
});
const answer = z.strictObject({ widthPx: z.int().min(1), heightPx: z.int().min(1), captureNs: nsText });

/** Answers who asks this node for a picture. */
export function answerPictures(
  fabric: Fabric,
  self: string,
  pictureOf: (camera: CameraId, widthPx: number) => Promise<TimedPicture | null>,
): Disposable {
  return fabric.subscribe(subjects.picture(self), ({ bytes, respond }) => {
    const asked = unpackParcel(bytes, question)?.header;
    if (asked === undefined) return;
    void pictureOf(asked.cameraId, asked.widthPx).then((picture) => {
      if (picture === null) return;
      const { widthPx, heightPx, captureNs, pixels } = picture;
      respond(packParcel({ widthPx, heightPx, captureNs: String(captureNs) }, pixels));
    });
  });
}

/** Asks a node for the last picture of a camera it observes; null where it has none or does not answer. */
export async function askForPicture(
  fabric: Fabric,
  nodeId: string,
  { camera, widthPx }: { readonly camera: CameraId; readonly widthPx: number },
): Promise<TimedPicture | null> {
  try {
    const asked = packParcel({ cameraId: camera, widthPx: Math.min(widthPx, WIDTH_PX_MAX) });
    const bytes = await fabric.request(subjects.picture(nodeId), asked, ANSWER_MS_MAX);
    const parcel = unpackParcel(bytes, answer);
    if (parcel === null || parcel.body.length !== parcel.header.widthPx * parcel.header.heightPx) return null;
    return { ...parcel.header, pixels: parcel.body };
  } catch (error) {
    if (error instanceof FabricError) return null;
    throw error;
  }
}

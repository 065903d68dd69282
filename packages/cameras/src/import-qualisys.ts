/**
 * Reads a Qualisys calibration (`.qca.txt`, XML): lenses and poses of a motion capture rig.
 *
 * Lengths are millimetres and image quantities 1/64 pixel. With R the matrix r11 … r33 as written, a ray of undistorted image coordinates
 * (x right, y down) points along Rᵀ diag(1, -1, -1) [x, y, 1] in world axes, z up; so `cameraFromEnu` is diag(1, -1, -1) R. The world of the
 * calibration becomes the site's frame as it is: its x counts as east, its y as north.
 */
import { type Mat3, multiply3, SkyvoxError } from "@skyvox/core";
import { CalibrationNumbers } from "./calibration-numbers.ts";
import { type ImportOptions, importedCamera, importedSite } from "./imported-site.ts";
import type { SiteInput } from "./site.ts";

const SUBPIXELS = 64;
const M_PER_MM = 1e-3;
/** Qualisys' camera looks along -z with y up; ours along +z with y down. */
const OPTICAL_FROM_QUALISYS: Mat3 = [1, 0, 0, 0, -1, 0, 0, 0, -1];

/**
 * Turns a Qualisys calibration into a site.
 *
 * A camera's image size is its video's where `options.feeds` gives one: the calibration may be of a wider sensor than was recorded, and
 * pixels are taken as they are.
 *
 * @throws {SkyvoxError} "calibration" naming camera and key for what is absent, not a number or not a rotation.
 */
export function importQualisys(text: string, options: ImportOptions): SiteInput {
  const cameras = cameraElements(text, options.where).map((element, index) => {
    const name = element.attributes.serial ?? `camera${index + 1}`;
    const lens = new CalibrationNumbers(options.where, name, attributesOf(element, "intrinsic"));
    const place = new CalibrationNumbers(options.where, name, attributesOf(element, "transform"));
    const sensor = new CalibrationNumbers(options.where, name, attributesOf(element, "fov_video"));
    if (lens.number("skew") !== 0) throw lens.refusal("skew", "0: rows and columns at right angles");
    return importedCamera(options, {
      name,
      intrinsics: {
        widthPx: sensor.number("right") - sensor.number("left") + 1,
        heightPx: sensor.number("bottom") - sensor.number("top") + 1,
        fxPx: lens.number("focalLengthU") / SUBPIXELS,
        fyPx: lens.number("focalLengthV") / SUBPIXELS,
        cxPx: lens.number("centerPointU") / SUBPIXELS,
        cyPx: lens.number("centerPointV") / SUBPIXELS,
        distortion: [
          lens.number("radialDistortion1"),
          lens.number("radialDistortion2"),
          lens.number("tangentalDistortion1"),
          lens.number("tangentalDistortion2"),
          lens.number("radialDistortion3"),
        ],
      },
      cameraInEnuM: [place.number("x") * M_PER_MM, place.number("y") * M_PER_MM, place.number("z") * M_PER_MM],
      cameraFromEnu: multiply3(OPTICAL_FROM_QUALISYS, rotationOf(place)),
    });
  });
  return importedSite(cameras, options);
}

function rotationOf(place: CalibrationNumbers): Mat3 {
  const r = (row: number, column: number) => place.number(`r${row}${column}`);
  return [r(1, 1), r(1, 2), r(1, 3), r(2, 1), r(2, 2), r(2, 3), r(3, 1), r(3, 2), r(3, 3)];
}

function cameraElements(text: string, where: string): Bun.XML.Node[] {
  let root: Bun.XML.Node;
  try {
    root = Bun.XML.parse(text, { compact: false });
  } catch (error) {
    throw new SkyvoxError("calibration", `Cannot import "${where}": it is not XML, need a Qualisys calibration`, {
      cause: error,
    });
  }
  const found = elementsOf(root, "cameras").flatMap((list) => elementsOf(list, "camera"));
  if (found.length === 0) {
    throw new SkyvoxError(
      "calibration",
      `Cannot import "${where}": no <cameras> with a <camera> in it, need a Qualisys calibration`,
    );
  }
  return found;
}

function elementsOf(node: Bun.XML.Node, name: string): Bun.XML.Node[] {
  return node.children
    .filter((child) => typeof child === "object" && "name" in child)
    .filter((child) => child.name === name);
}

/** An element that is absent has no attributes: reading one then names the camera and the key. */
function attributesOf(node: Bun.XML.Node, name: string): Record<string, string> {
  return elementsOf(node, name)[0]?.attributes ?? {};
}

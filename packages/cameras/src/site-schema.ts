/**
 * The shape of a site as a zod schema: the one place for its keys, ranges, defaults and the text that documents each of them.
 *
 * `site.schema.json` is made from it. Checks across keys (unique ids, a box that is not inside out) stand in `site.ts`.
 */
import { type CameraId, cameraId } from "@skyvox/core";
import { z } from "zod";

const number = z.number();
const positive = z.number().positive();
const vec3 = z.tuple([number, number, number]);

const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .transform((text): CameraId => cameraId(text))
  .describe("Name of the camera, unique in the site: letters, digits, _ and -.");

const intrinsics = z
  .strictObject({
    widthPx: z.int().min(1).max(16384).describe("Width of the image in pixels."),
    heightPx: z.int().min(1).max(16384).describe("Height of the image in pixels."),
    fxPx: positive.describe("Focal length along the image's rows, in pixels."),
    fyPx: positive.describe("Focal length along the image's columns, in pixels."),
    cxPx: number.describe("Principal point, pixels right of the centre of the top-left pixel."),
    cyPx: number.describe("Principal point, pixels below the centre of the top-left pixel."),
    distortion: z
      .tuple([number, number, number, number, number])
      .default([0, 0, 0, 0, 0])
      .describe("Brown-Conrady coefficients k1, k2, p1, p2, k3 in OpenCV's order."),
  })
  .describe("The lens: a pinhole with Brown-Conrady distortion.");

const orientation = z
  .union([
    z.strictObject({
      cameraFromEnu: z
        .tuple([number, number, number, number])
        .describe(
          "Unit quaternion w, x, y, z (Hamilton) that maps east-north-up vectors to the camera's x right, y down, z forward.",
        ),
    }),
    z.strictObject({
      lookAtM: vec3.describe("A point east, north, up that lies on the optical axis; the image's rows are level."),
    }),
  ])
  .describe("Where the camera looks: a measured rotation, or a point it is aimed at.");

const pose = z
  .strictObject({
    positionM: vec3.describe("Centre of projection, metres east, north and up of the site's origin."),
    orientation,
    positionSigmaM: z.number().min(0).default(0.02).describe("Standard deviation of the position per axis, in metres."),
    angleSigmaDeg: z
      .number()
      .min(0)
      .default(0.05)
      .describe("Standard deviation of the orientation per axis, in degrees."),
  })
  .describe("Where the camera stands and looks.");

const clock = z
  .strictObject({
    offsetS: number.default(0).describe("Seconds to add to a frame's own time (after the rate) to get site time."),
    rate: positive.default(1).describe("Site seconds per second of the camera's own clock."),
    pieces: z
      .array(z.tuple([number, number]))
      .min(2)
      .exactOptional()
      .describe(
        "A clock of variable rate, in place of offsetS and rate: pairs of a camera's own seconds (rising) and the seconds to add there; straight between them and on beyond them.",
      ),
    lineTimeUs: number
      .exactOptional()
      .describe(
        "Microseconds from one row of a picture to the next. The clock is then that of the first row; a frame counts at its middle row, a label at its own.",
      ),
    sigmaMs: z.number().min(0).default(1).describe("Standard deviation of a frame's time, in milliseconds."),
    state: z
      .enum(["locked", "holdover", "free"])
      .default("free")
      .describe("Whether the camera's clock follows the site's time."),
  })
  .describe("How the camera's own time becomes the site's time.");

const thermal = z
  .strictObject({
    camera: id.describe("Id of the thermal camera that looks the same way."),
    rangeM: positive.describe(
      "Distance of the targets, in metres, at which the two pictures are laid over each other.",
    ),
    gatePx: z
      .number()
      .min(0)
      .max(4096)
      .default(3)
      .describe("How far apart motion of the two may lie, in pixels of this camera's picture, to be of one target."),
    gain: z
      .number()
      .min(0)
      .max(15.9375)
      .default(1)
      .describe("What a grey level of the thermal picture counts beside one of this camera's."),
  })
  .describe("A thermal camera beside this one: what it sees speaks for a target, what it does not see against none.");

const camera = z.strictObject({
  id,
  source: z
    .string()
    .regex(/^[a-z]+:./)
    .describe(
      "Where frames come from: scene:NAME?seed=1, images:FOLDER or images:PATTERN, video:FILE, or labels:FILE for places of one target in frames that are not there. Paths are relative to the site file.",
    ),
  intrinsics,
  pose,
  clock: clock.prefault({}),
  frameRateHz: positive
    .exactOptional()
    .describe("Frames per second of an images: or labels: source; other sources know their own."),
  sigmaPx: positive
    .max(1000)
    .exactOptional()
    .describe("Standard deviation of a label's coordinates, in pixels, of a labels: source; 1 by default."),
  thermal: thermal.exactOptional(),
});

/** Frames of a mean that follows by 2^-shift of the way per frame, up to a shift. */
const frameCount = (shiftMax: number) =>
  z
    .int()
    .min(2)
    .max(2 ** shiftMax);

const gaussian = z.strictObject({
  slowFrames: frameCount(12).default(64).describe("Frames over which mean and noise of a pixel are learnt."),
  fastFrames: frameCount(8)
    .default(4)
    .describe("Frames after which what has come to rest is told from what moves; at most slowFrames."),
  holdFrames: frameCount(20)
    .default(2048)
    .describe("Frames over which a target that hovers fades into the background."),
  snrMin: z
    .number()
    .min(0.25)
    .max(32)
    .default(5)
    .describe("How many standard deviations of its own noise a pixel must differ by."),
});

/** What mode gaussian works with where the site does not say. */
export const gaussianDefaults: z.infer<typeof gaussian> = gaussian.parse({});

const motion = z
  .strictObject({
    mode: z
      .enum(["diff", "sigmaDelta", "average", "gaussian"])
      .default("sigmaDelta")
      .describe(
        "What a pixel is compared with: the frame before, a slow median, a running average, or a mean in units of its own noise.",
      ),
    threshold: z
      .int()
      .min(0)
      .max(255)
      .default(16)
      .describe("A pixel moves when it differs by more than this many grey levels."),
    step: z
      .int()
      .min(1)
      .max(255)
      .default(1)
      .describe("How many grey levels per frame the background of sigmaDelta follows the picture."),
    gaussian: gaussian.prefault({}).describe("Mode gaussian only. Numbers of frames are rounded to powers of two."),
  })
  .describe("How moving pixels are found.");

const target = z
  .strictObject({
    sizeM: positive.default(1).describe("Size of a target, in metres."),
    speedMps: positive.default(20).describe("Speed a target reaches, in metres per second."),
    accelerationMps2: positive.default(10).describe("Acceleration a target reaches, in metres per second squared."),
  })
  .describe("What is looked for.");

const frameSet = z
  .strictObject({
    gateMs: positive
      .exactOptional()
      .describe(
        "Frames further than this from their set's instant are left out; by default the nearest instant takes every frame.",
      ),
    deadlineMs: positive
      .default(100)
      .describe("Live cameras only: how long a frame set waits for its last frame, in milliseconds."),
  })
  .describe("How frames of one instant are put together.");

const options = z
  .strictObject({
    viewsMin: z
      .int()
      .min(2)
      .max(32)
      .exactOptional()
      .describe("How many cameras must agree on a voxel; 3 by default, 2 where there are fewer than 4 cameras."),
    motion: motion.prefault({}),
    cellShift: z
      .union([z.int().min(0).max(5), z.literal("auto")])
      .default("auto")
      .describe("Rays are cast per square of 2^cellShift pixels; auto takes the size a voxel has in the image."),
    blobPixelsMin: z.int().min(1).default(2).describe("Moving pixels a connected blob must have."),
    rays: z
      .enum(["cells", "blobs"])
      .default("cells")
      .describe(
        "What rays are cast through: every square of moving pixels, or the centre of every connected blob. A pair with a thermal camera always takes squares.",
      ),
    spots: z
      .strictObject({
        falseAlarmsPerFrame: z
          .number()
          .min(1e-9)
          .max(1000)
          .default(10)
          .describe("How many points of a still, noisy picture may be taken for targets in a frame."),
        perTileMax: z.int().min(1).max(1024).default(8).describe("Most points in a square of 64 by 64 pixels."),
      })
      .exactOptional()
      .describe(
        "Also looks for points too faint for the threshold, with a matched filter; needs motion.mode gaussian.",
      ),
    floodedFraction: z
      .number()
      .positive()
      .max(1)
      .default(0.3)
      .describe("A frame of which this part moves says nothing about targets (a light switched, the mast shook)."),
    target: target.prefault({}),
    frameSet: frameSet.prefault({}),
  })
  .describe("How the site is watched.");

/** The keys of a site with their ranges and defaults, without the checks across keys. */
export const siteSchema = z
  .strictObject({
    $schema: z.string().exactOptional().describe("Address of this schema, for editors."),
    name: z.string().min(1).describe("Name of the site."),
    origin: z
      .strictObject({
        latitudeDeg: z.number().min(-90).max(90).describe("WGS-84 latitude in degrees."),
        longitudeDeg: z.number().min(-180).max(180).describe("WGS-84 longitude in degrees."),
        heightM: number.describe("Height over the WGS-84 ellipsoid in metres."),
      })
      .exactOptional()
      .describe("Where the point 0, 0, 0 of the site lies on the earth."),
    volume: z
      .strictObject({
        minM: vec3.describe("Lower corner of the box: metres east, north, up."),
        maxM: vec3.describe("Upper corner of the box: metres east, north, up."),
        voxelSizeM: z
          .union([positive, z.literal("auto")])
          .describe(
            "Edge of a voxel in metres; auto takes 0.1 to 1.6 m, by what a pixel covers there, and holds boxes of 20 km.",
          ),
      })
      .describe("The box in which targets are looked for."),
    cameras: z.array(camera).min(1).max(32).describe("The cameras."),
    options: options.prefault({}),
  })
  .describe("A Skyvox site: cameras, the volume they watch, and how.");

/** A site of cameras whose places are not known yet: no poses, and so no volume that they could watch. */
export const siteDraftSchema = siteSchema.omit({ volume: true, options: true }).extend({
  cameras: z
    .array(camera.omit({ pose: true }))
    .min(1)
    .max(32),
});

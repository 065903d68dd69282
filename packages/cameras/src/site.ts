/**
 * Reads a site: the cameras, the volume they watch and how, from `site.json` into a plain type.
 *
 * Everything behind this file trusts a `Site`: keys are known, numbers finite and in range, defaults filled in, quaternions of length 1.
 */
import { messageOf, normalizeQuaternion, SkyvoxError } from "@skyvox/core";
import { z } from "zod";
import { describeSiteIssue } from "./site-issue.ts";
import { gaussianDefaults, siteDraftSchema, siteSchema } from "./site-schema.ts";
import { SOURCE_FORMS, sourceSchemeOf } from "./source-address.ts";

type ParsedSite = z.infer<typeof siteSchema>;

/** A site as written: what has a default may be left out. */
export type SiteInput = z.input<typeof siteSchema>;

/** A camera of a site with its defaults filled in. */
export type SiteCamera = ParsedSite["cameras"][number];

/** A site with its defaults filled in: what `site.json` says. */
export type Site = Omit<ParsedSite, "options"> & {
  readonly options: Omit<ParsedSite["options"], "viewsMin"> & { readonly viewsMin: number };
};

/** A site before its cameras' places are known: no poses, no volume, no options. */
export type SiteDraft = z.infer<typeof siteDraftSchema>;

/** A draft as written: what has a default may be left out. */
export type SiteDraftInput = z.input<typeof siteDraftSchema>;

/** How far from 1 the length of a written quaternion may be: three decimals. */
const QUATERNION_LENGTH_TOLERANCE = 1e-3;
/** Fewer cameras than this cannot afford three that agree. */
const CAMERAS_FOR_THREE_VIEWS = 4;

const checkedSchema = siteSchema.superRefine(checkAcross).transform(completeSite);
const checkedDraftSchema = siteDraftSchema.superRefine((draft, context) =>
  checkCameras(draft.cameras, refuseIn(context, draft)),
);

/**
 * Checks a decoded `site.json` and fills in its defaults.
 *
 * @param where names the file in messages.
 * @throws {SkyvoxError} "site", naming the file, the key, what was found and what is needed.
 */
export function parseSite(json: unknown, where: string): Site {
  const result = checkedSchema.safeParse(json);
  if (result.success) return result.data;
  const isUnposed = ({ path }: z.core.$ZodIssue) => path[0] === "cameras" && path.length === 3 && path[2] === "pose";
  const issues = result.error.issues.toSorted((a, b) => Number(isUnposed(b)) - Number(isUnposed(a)));
  const hint = issues.some(isUnposed) ? "; where poses are not known, the command calibrate finds them" : "";
  throw refusal(where, issues, json, hint);
}

/**
 * Checks a decoded draft of a site, whose cameras have no poses yet, and fills in its defaults.
 *
 * @param where names the file in messages.
 * @throws {SkyvoxError} "site", naming the file, the key, what was found and what is needed.
 */
export function parseSiteDraft(json: unknown, where: string): SiteDraft {
  const result = checkedDraftSchema.safeParse(json);
  if (result.success) return result.data;
  throw refusal(where, result.error.issues, json, "");
}

function refusal(where: string, issues: readonly z.core.$ZodIssue[], json: unknown, hint: string): SkyvoxError {
  const [first, ...others] = issues;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const text = first === undefined ? "is not a site" : describeSiteIssue(first, json, siteJsonSchema());
  return new SkyvoxError("site", `Cannot read site "${where}": ${text}${more}${hint}`);
}

/**
 * Reads and checks a `site.json`.
 *
 * @throws {SkyvoxError} "site" where the file is absent, is not JSON or is not a site.
 */
export async function loadSite(path: string): Promise<Site> {
  const file = Bun.file(path);
  if (!(await file.exists())) {
    throw new SkyvoxError("site", `Cannot read site "${path}": no such file, need a site.json`);
  }
  let json: unknown;
  try {
    json = JSON.parse(await file.text());
  } catch (error) {
    throw new SkyvoxError("site", `Cannot read site "${path}": ${messageOf(error)}, need JSON`, { cause: error });
  }
  return parseSite(json, path);
}

/** Returns the JSON Schema (draft 2020-12) of `site.json`; `site.schema.json` of this package is its published text. */
export function siteJsonSchema(): object {
  return z.toJSONSchema(siteSchema, { io: "input" });
}

/** Returns the cameras that cast rays of their own: all but the thermal partners of others. */
export function camerasWithRays<Camera extends Pick<SiteCamera, "id" | "thermal">>(site: {
  readonly cameras: readonly Camera[];
}): readonly Camera[] {
  const partners = new Set(site.cameras.map(({ thermal }) => thermal?.camera));
  return site.cameras.filter(({ id }) => !partners.has(id));
}

/** Returns how many of so many cameras must agree where the site does not say. */
export function viewsMinFor(cameraCount: number): number {
  return cameraCount < CAMERAS_FOR_THREE_VIEWS ? 2 : 3;
}

type Refuse = (path: (string | number)[], need: string) => void;

function refuseIn<Value>(context: z.RefinementCtx<Value>, input: Value): Refuse {
  return (path, need) => {
    context.addIssue({ code: "custom", path, message: need, input });
  };
}

function checkAcross(site: ParsedSite, context: z.RefinementCtx<ParsedSite>): void {
  const refuse = refuseIn(context, site);
  for (const [axis, low] of site.volume.minM.entries()) {
    const high = site.volume.maxM[axis] ?? low;
    if (high <= low) refuse(["volume", "maxM", axis], `a number > ${low} (volume.minM[${axis}])`);
  }
  const { viewsMin } = site.options;
  const viewCount = camerasWithRays(site).length;
  if (viewsMin !== undefined && viewsMin > Math.max(2, viewCount)) {
    const pairs = viewCount < site.cameras.length ? " (a pair counts as one)" : "";
    refuse(["options", "viewsMin"], `at most ${viewCount}, the number of cameras${pairs}`);
  }
  checkMotion(site.options, refuse);
  checkThermal(site, refuse);
  checkCameras(site.cameras, refuse);
  for (const [index, { pose }] of site.cameras.entries()) {
    checkPose(pose, (path, need) => refuse(["cameras", index, "pose", ...path], need));
  }
}

/** Checks what cameras have with and without poses. */
function checkCameras(cameras: SiteDraft["cameras"], refuse: Refuse): void {
  const indexOfId = new Map<string, number>();
  for (const [index, camera] of cameras.entries()) {
    const first = indexOfId.get(camera.id);
    if (first !== undefined) refuse(["cameras", index, "id"], `an id other than that of cameras[${first}]`);
    indexOfId.set(camera.id, first ?? index);
    checkSource(camera, (path, need) => refuse(["cameras", index, ...path], need));
    checkClock(camera.clock, (path, need) => refuse(["cameras", index, "clock", ...path], need));
  }
}

/** Refuses what would be passed over in silence: options of a mode that is not taken. */
function checkMotion({ motion, spots }: ParsedSite["options"], refuse: Refuse): void {
  const { mode, gaussian } = motion;
  if (mode !== "gaussian") {
    if (spots !== undefined) refuse(["options", "motion", "mode"], "gaussian, which options.spots works on");
    // A site that is written out holds the defaults of every mode.
    const isDefault = JSON.stringify(gaussian) === JSON.stringify(gaussianDefaults);
    if (!isDefault) refuse(["options", "motion", "mode"], "gaussian, the mode that options.motion.gaussian is of");
  } else if (gaussian.fastFrames > gaussian.slowFrames) {
    const need = `at most ${gaussian.slowFrames} (options.motion.gaussian.slowFrames)`;
    refuse(["options", "motion", "gaussian", "fastFrames"], need);
  }
}

function checkThermal(site: ParsedSite, refuse: Refuse): void {
  const partnerOf = new Map<string, string>();
  for (const [index, { id, thermal }] of site.cameras.entries()) {
    if (thermal === undefined) continue;
    const path = ["cameras", index, "thermal", "camera"];
    const partner = site.cameras.find((camera) => camera.id === thermal.camera);
    if (partner === undefined || partner.id === id) refuse(path, "the id of another camera of the site");
    else if (partner.thermal !== undefined) refuse(path, "a camera that has no thermal camera itself");
    else if (partnerOf.has(partner.id))
      refuse(path, `a camera that is not already with "${partnerOf.get(partner.id)}"`);
    partnerOf.set(thermal.camera, id);
  }
  const hasPairs = partnerOf.size > 0;
  if (site.options.rays === "blobs" && hasPairs && camerasWithRays(site).every(({ thermal }) => thermal !== undefined))
    refuse(["options", "rays"], '"cells", which a camera with a thermal one casts rays through, as all cameras here');
}

function checkSource(camera: SiteDraft["cameras"][number], refuse: Refuse): void {
  const scheme = sourceSchemeOf(camera.source);
  if (scheme === null) refuse(["source"], SOURCE_FORMS);
  const hasRate = scheme === "images" || scheme === "labels";
  if (hasRate && camera.frameRateHz === undefined)
    refuse(["frameRateHz"], "a number > 0 for an images: or labels: source");
  if (!hasRate && scheme !== null && camera.frameRateHz !== undefined) {
    refuse(["frameRateHz"], `no frame rate for a ${scheme}: source, which knows its own`);
  }
  if (scheme !== "labels" && camera.sigmaPx !== undefined) refuse(["sigmaPx"], "no sigma but for a labels: source");
}

function checkClock({ pieces, offsetS, rate }: SiteCamera["clock"], refuse: Refuse): void {
  for (const [index, [atS]] of (pieces ?? []).entries()) {
    const before = pieces?.[index - 1]?.[0];
    if (before !== undefined && !(atS > before)) refuse(["pieces", index, 0], `seconds > ${before} (the piece before)`);
  }
  if (pieces !== undefined && (offsetS !== 0 || rate !== 1)) refuse(["pieces"], "either pieces or offsetS and rate");
}

function checkPose({ orientation, positionM }: SiteCamera["pose"], refuse: Refuse): void {
  if ("lookAtM" in orientation) {
    const same = orientation.lookAtM.every((value, axis) => value === positionM[axis]);
    if (same) refuse(["orientation", "lookAtM"], "a point other than the camera's position");
  } else if (!(Math.abs(Math.hypot(...orientation.cameraFromEnu) - 1) <= QUATERNION_LENGTH_TOLERANCE)) {
    refuse(["orientation", "cameraFromEnu"], "a unit quaternion [w, x, y, z]");
  }
}

function completeSite(site: ParsedSite): Site {
  const viewsMin = site.options.viewsMin ?? viewsMinFor(camerasWithRays(site).length);
  return {
    ...site,
    cameras: site.cameras.map(withUnitQuaternion),
    options: { ...site.options, viewsMin },
  };
}

function withUnitQuaternion(camera: SiteCamera): SiteCamera {
  const { orientation } = camera.pose;
  if ("lookAtM" in orientation) return camera;
  const [w, x, y, z] = normalizeQuaternion(orientation.cameraFromEnu);
  return { ...camera, pose: { ...camera.pose, orientation: { cameraFromEnu: [w, x, y, z] } } };
}

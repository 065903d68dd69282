/** Camera `a` of the scene "pair", without end, and the segment that its frames go through. */
import { pairScene } from "@skyvox/scene";
import { exchangeLayout } from "../src/frame-exchange.ts";
import { siteFromScene } from "../src/site-from-scene.ts";

export const pairCamera = siteFromScene(pairScene(1), "scene:pair").cameras[0]!;
export const pairLayout = exchangeLayout({
  widthPx: pairCamera.intrinsics.widthPx,
  heightPx: pairCamera.intrinsics.heightPx,
  slots: 8,
});

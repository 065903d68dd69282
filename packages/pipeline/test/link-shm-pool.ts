import type { SegmentLayout } from "../src/segment-layout.ts";

/** The pool that the processes of `link-shm.test.ts` share. */
export const poolLayout: SegmentLayout = [{ kind: "pool", slots: 4, slotBytes: 300_000 }];

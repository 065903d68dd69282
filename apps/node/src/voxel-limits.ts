/** Time in which the evidence shown for a voxel fades to half. */
export const VOXEL_HALF_LIFE_S = 0.4;
/** Bricks of evidence kept at most; 4 KB each. */
export const VOXEL_BRICKS_MAX = 2048;

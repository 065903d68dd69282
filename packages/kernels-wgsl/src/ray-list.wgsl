// Rays as the walking kernels read them: rows of 5 words [dx, dy, dz, weight, view].
const RAY_WORDS = 5u;

@group(0) @binding(16) var<storage, read> rays: array<i32>;

struct Ray {
  direction: vec3i,
  weight: u32,
  view: u32,
}

fn rayAt(index: u32) -> Ray {
  let row = RAY_WORDS * index;
  return Ray(vec3i(rays[row], rays[row + 1u], rays[row + 2u]), u32(rays[row + 3u]), u32(rays[row + 4u]));
}

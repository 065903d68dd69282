// 64-bit integers as (low, high) words: WGSL has none.

fn multiplyWide(a: u32, b: u32) -> vec2u {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let low = a0 * b0;
  let middle = a1 * b0 + (low >> 16u);
  let other = a0 * b1 + (middle & 0xffffu);
  return vec2u((low & 0xffffu) | (other << 16u), a1 * b1 + (middle >> 16u) + (other >> 16u));
}

fn addWide(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + u32(low < a.x));
}

fn negateWide(a: vec2u) -> vec2u { return addWide(~a, vec2u(1u, 0u)); }

fn multiplySigned(a: i32, b: i32) -> vec2u {
  let product = multiplyWide(u32(abs(a)), u32(abs(b)));
  return select(product, negateWide(product), (a < 0) != (b < 0));
}

// The low word of floor(a / 2^shift), shift 0 ... 31.
fn lowAfterShift(a: vec2u, shift: u32) -> u32 {
  return (a.x >> shift) | select(a.y << ((32u - shift) & 31u), 0u, shift == 0u);
}

// Op spots: places that stand out from their background like a point, by a matched filter; packages/kernels/src/ops/spots.ts.
//
// In: the deviation field that mode gaussian of op motion left, one word per pixel: E, 16 bits with sign, and above it W. Out: rows of
// 12 words by tile of 64 x 64 pixels, then place.
//   score     one thread per pixel; 41 words read, most of them near each other, and one written
//   find      one workgroup per tile stages the places of its local maxima in order, of which there are at most 1,024, as two are
//             never neighbours
//   keep      one workgroup per tile with too many sets a bit for each of the best
//   offsets, place    one workgroup per tile makes the rows
// Needs scan.wgsl. About 12 bytes moved per pixel besides the field.

struct Params {
  widthPx: u32,
  heightPx: u32,
  snrMinQ4: u32,
  perTileMax: u32,
  rowsMax: u32,
  // Tiles in a row of the picture, and in all.
  tileColumns: u32,
  tiles: u32,
  cappedBit: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> deviation: array<u32>;
// Of pixels below snrMinQ4 it is 0: they are no spots, and no spot has a neighbour that it need look at among them.
@group(0) @binding(1) var<storage, read_write> scores: array<u32>;
@group(0) @binding(2) var<storage, read_write> staged: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> head: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> rows: array<u32>;
// A bit for each staged spot of a tile, 32 words, and how many there are; of a tile that has too many.
@group(0) @binding(6) var<storage, read_write> best: array<atomic<u32>>;

const TILE = 64u;
const TILE_SPOTS_MAX = 1024u;
const BEST_WORDS = 33u;
const SPOT_WORDS = 12u;
// Half of the 9 x 9 pixels that a score is made of.
const MARGIN = 4u;
const RING_MAX = 1023;

@compute @workgroup_size(WORKGROUP)
fn score(at: Place) {
  let pixel = indexOf(at);
  if (pixel >= p.widthPx * p.heightPx) { return; }
  let x = pixel % p.widthPx;
  let y = pixel / p.widthPx;
  var value = 0u;
  if (hasScore(x, y)) { value = spotAt(pixel).score; }
  scores[pixel] = select(0u, value, value >= p.snrMinQ4);
}

// Whether all pixels that a score is made of are in the picture.
fn hasScore(x: u32, y: u32) -> bool {
  return x >= MARGIN && y >= MARGIN && x + MARGIN < p.widthPx && y + MARGIN < p.heightPx;
}

@compute @workgroup_size(WORKGROUP)
fn find(at: Place) {
  let tile = groupOf(at);
  var mine = 0u;
  // A thread has pixels side by side, so that threads in order are pixels in order.
  let perThread = TILE * TILE / WORKGROUP;
  let first = firstOf(tile, at.thread * perThread);
  if (tile < p.tiles) {
    for (var i = 0u; i < perThread; i++) { mine |= u32(isSpot(first.x + i, first.y)) << i; }
  }
  let scan = scanWorkgroup(at.thread, countOneBits(mine));
  var to = TILE_SPOTS_MAX * tile + scan.before;
  for (var rest = mine; rest != 0u; rest &= rest - 1u) {
    staged[to] = first.y * p.widthPx + first.x + countTrailingZeros(rest);
    to++;
  }
  if (tile >= p.tiles) { return; }
  if (at.thread < 32u) { atomicStore(&best[BEST_WORDS * tile + at.thread], 0u); }
  if (at.thread > 0u) { return; }
  atomicStore(&best[BEST_WORDS * tile + 32u], scan.total);
  counts[tile] = min(scan.total, p.perTileMax);
  if (scan.total > p.perTileMax) { atomicOr(&head[3], p.cappedBit); }
}

// The pixel at a place of a tile, row by row.
fn firstOf(tile: u32, place: u32) -> vec2u {
  return TILE * vec2u(tile % p.tileColumns, tile / p.tileColumns) + vec2u(place % TILE, place / TILE);
}

fn isSpot(x: u32, y: u32) -> bool {
  if (!hasScore(x, y)) { return false; }
  let place = y * p.widthPx + x;
  let value = scores[place];
  if (value == 0u) { return false; }
  for (var i = 0u; i < 9u; i++) {
    let other = scores[place + (i / 3u) * p.widthPx + i % 3u - p.widthPx - 1u];
    if (other > value || (other == value && i < 4u)) { return false; }
  }
  return true;
}

@compute @workgroup_size(WORKGROUP)
fn keep(at: Place) {
  let tile = groupOf(at);
  if (tile >= p.tiles) { return; }
  let count = atomicLoad(&best[BEST_WORDS * tile + 32u]);
  if (count <= p.perTileMax) { return; }
  for (var spot = at.thread; spot < count; spot += WORKGROUP) {
    if (hasFewerBetter(tile, spot, count)) { atomicOr(&best[BEST_WORDS * tile + spot / 32u], 1u << (spot % 32u)); }
  }
}

// Whether fewer than perTileMax spots of the tile have a higher score, or the same and a lower place.
fn hasFewerBetter(tile: u32, spot: u32, count: u32) -> bool {
  let first = TILE_SPOTS_MAX * tile;
  let value = scores[staged[first + spot]];
  var better = 0u;
  for (var other = 0u; other < count; other++) {
    let otherValue = scores[staged[first + other]];
    better += u32(otherValue > value || (otherValue == value && other < spot));
  }
  return better < p.perTileMax;
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let tile = groupOf(at);
  if (tile >= p.tiles) { return; }
  let count = atomicLoad(&best[BEST_WORDS * tile + 32u]);
  for (var spot = at.thread; spot < count; spot += WORKGROUP) {
    let rank = rankOf(tile, spot, count);
    if (rank == NOTHING || counts[tile] + rank >= p.rowsMax) { continue; }
    writeRow(SPOT_WORDS * (counts[tile] + rank), staged[TILE_SPOTS_MAX * tile + spot]);
  }
}

// How many spots of the tile are kept before this one; NOTHING where it is not kept.
fn rankOf(tile: u32, spot: u32, count: u32) -> u32 {
  if (count <= p.perTileMax) { return spot; }
  let first = BEST_WORDS * tile;
  let bits = atomicLoad(&best[first + spot / 32u]);
  if (((bits >> (spot % 32u)) & 1u) == 0u) { return NOTHING; }
  var rank = countOneBits(bits & ((1u << (spot % 32u)) - 1u));
  for (var word = 0u; word < spot / 32u; word++) { rank += countOneBits(atomicLoad(&best[first + word])); }
  return rank;
}

fn writeRow(to: u32, place: u32) {
  let spot = spotAt(place);
  let sign = select(1, -1, spot.filtered < 0);
  var sums = vec3i(0);
  for (var i = 0u; i < 9u; i++) {
    let step = vec2i(i32(i % 3u), i32(i / 3u)) - 1;
    let weight = max(0, sign * (deviationAt(beside(place, step.x, step.y)) - (spot.ring >> 5u)));
    sums += weight * vec3i(1, step);
  }
  let half = spot.ring >> 1u;
  rows[to] = (place % p.widthPx) | ((place / p.widthPx) << 16u);
  rows[to + 1u] = u32(spot.filtered);
  rows[to + 2u] = u32(weightedSum(beside(place, -1, 0)) - half);
  rows[to + 3u] = u32(weightedSum(beside(place, 1, 0)) - half);
  rows[to + 4u] = u32(weightedSum(beside(place, 0, -1)) - half);
  rows[to + 5u] = u32(weightedSum(beside(place, 0, 1)) - half);
  rows[to + 6u] = spot.noise;
  rows[to + 7u] = spot.score;
  for (var k = 0u; k < 3u; k++) { rows[to + 8u + k] = u32(sums[k]); }
  rows[to + 11u] = 0u;
}

struct Spot {
  // R1.
  ring: i32,
  filtered: i32,
  noise: u32,
  score: u32,
}

fn spotAt(place: u32) -> Spot {
  var ring = 0;
  var squares = 0;
  // Pairs of opposite pixels: left and right without the corners, above and below.
  for (var i = -4; i <= 4; i++) {
    for (var side = 0u; side < 4u; side++) {
      let far = select(4, -4, (side & 1u) == 0u);
      if (side < 2u && (i == -4 || i == 4)) { continue; }
      let step = select(vec2i(i, far), vec2i(far, i), side < 2u);
      let value = clamp(deviationAt(beside(place, step.x, step.y)), -RING_MAX, RING_MAX);
      ring += value;
      squares += value * value;
    }
  }
  let filtered = weightedSum(place) - (ring >> 1u);
  let ringNoise = u32(squares - ((ring * ring) >> 5u)) >> 5u;
  let noise = min(65535u, max(deviation[place] >> 16u, ringNoise));
  let amplitude = min(u32(abs(filtered)), 65535u);
  return Spot(ring, filtered, noise, amplitude * amplitude / max(1u, (44u * noise) >> 4u));
}

// The sum of E over the 3 x 3 pixels around, weighted 1 2 1 on both axes.
fn weightedSum(place: u32) -> i32 {
  var sum = 0;
  for (var i = 0u; i < 9u; i++) {
    let step = vec2i(i32(i % 3u), i32(i / 3u)) - 1;
    let weights = 2 - abs(step);
    sum += weights.x * weights.y * deviationAt(beside(place, step.x, step.y));
  }
  return sum;
}

// E of a pixel.
fn deviationAt(place: u32) -> i32 { return i32(deviation[place] << 16u) >> 16u; }

fn beside(place: u32, dx: i32, dy: i32) -> u32 { return place + u32(dy * i32(p.widthPx) + dx); }

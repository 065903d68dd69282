// Packs what is asked for, for one copy to the host: only the device knows how many rows a list has.
//
// In: the rows of one list and its head. Out: the outbox, first 4 words per list [end, count, total, status], then the rows of all
// lists one after the other, each list from the end of the one before. A list that does not fit is left out: its end is its start.
// 8 bytes moved per word.

struct Params {
  // Which list of the outbox this is, and how many there are.
  index: u32,
  lists: u32,
  rowWords: u32,
  // 1: nothing was left out of these rows, whatever the head says of the list that they belong to.
  isWhole: u32,
  outboxWords: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> head: array<u32>;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> outbox: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn pack(at: Place) {
  var start = 4u * p.lists;
  if (p.index > 0u) { start = outbox[4u * (p.index - 1u)]; }
  let count = head[0];
  var words = count * p.rowWords;
  if (words > p.outboxWords - start) { words = 0u; }
  let thread = indexOf(at);
  if (thread == 0u) {
    let to = 4u * p.index;
    outbox[to] = start + words;
    outbox[to + 1u] = count;
    outbox[to + 2u] = select(head[1], count, p.isWhole != 0u);
    outbox[to + 3u] = select(head[2], 0u, p.isWhole != 0u);
  }
  let stride = at.groups.x * at.groups.y * WORKGROUP;
  for (var i = thread; i < words; i += stride) { outbox[start + i] = rows[i]; }
}

// Sums over the threads of a workgroup, in order: count -> scan -> scatter is how every list keeps its order.
//
// In two steps, within parts of 16 threads and over the parts: two barriers, which are what costs where a GPU is simulated.
const SCAN_PART = 16u;
var<workgroup> scanValues: array<u32, WORKGROUP>;
var<workgroup> scanParts: array<u32, WORKGROUP / SCAN_PART>;

struct Scan {
  // Sum over the threads before this one.
  before: u32,
  // Sum over all threads of the workgroup.
  total: u32,
}

// All threads of a workgroup call it together.
fn scanWorkgroup(thread: u32, value: u32) -> Scan {
  scanValues[thread] = value;
  workgroupBarrier();
  var before = 0u;
  for (var i = thread & ~(SCAN_PART - 1u); i < thread; i++) { before += scanValues[i]; }
  let part = thread / SCAN_PART;
  if (thread % SCAN_PART == SCAN_PART - 1u) { scanParts[part] = before + value; }
  workgroupBarrier();
  var total = 0u;
  for (var i = 0u; i < WORKGROUP / SCAN_PART; i++) {
    before += select(0u, scanParts[i], i < part);
    total += scanParts[i];
  }
  return Scan(before, total);
}

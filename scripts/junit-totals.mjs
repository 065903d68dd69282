/**
 * Reads a junit report and ends with the plain line `N passed, N failed[, N skipped]`.
 *
 *     node scripts/junit-totals.mjs REPORT.xml RUNNER_STATUS
 *
 * A test that was skipped counts as failed unless its name says that it needs a GPU, RDMA or a real camera: the machines that
 * run this have none of these, but everything else can be installed. A runner that failed without a failed test in its report
 * (a crash, a file that does not load) counts as one failure, and so does a report without tests.
 * Plain Node without packages, so that it speaks even when nothing could be installed.
 */
import { existsSync, readFileSync } from "node:fs";

/** What a test may be skipped for, as words of its name or of the groups around it. */
const EXCUSES = /\b(gpu|cuda|rdma|real camera)\b/i;

/** Reads the cases of a report: name with its groups, file, and how each ended. */
function casesOf(xml) {
  const cases = [];
  for (const match of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const [, attributes, body = ""] = match;
    const groups = attribute(attributes, "classname");
    const name = [groups, attribute(attributes, "name")].filter((part) => part !== "").join(" > ");
    const state = /<(?:failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed";
    const message = state === "skipped" ? attribute(/<skipped\b([^>]*)/.exec(body)?.[1] ?? "", "message") : "";
    cases.push({ name, file: attribute(attributes, "file"), state, message });
  }
  return cases;
}

function attribute(text, name) {
  const raw = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  const named = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return raw.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity) => named[entity]);
}

/** Counts cases; `notes` are lines for a reader: every skip with its reason, and what failed beside the cases. */
function totalsOf(cases, runnerStatus) {
  const notes = [];
  let failed = cases.filter((item) => item.state === "failed").length;
  let skipped = 0;
  for (const item of cases.filter((other) => other.state === "skipped")) {
    const line = `${item.file}: ${item.name}${item.message ? ` (${item.message})` : ""}`;
    if (EXCUSES.test(item.name)) {
      skipped++;
      notes.push(`skipped ${line}`);
    } else {
      failed++;
      notes.push(`skipped without an excuse, counts as failed ${line}`);
    }
  }
  const passed = cases.filter((item) => item.state === "passed").length;
  if (failed === 0 && (runnerStatus !== 0 || cases.length === 0)) {
    failed = 1;
    notes.push(`the runner ended with ${runnerStatus} after ${cases.length} tests and no failed one, counts as failed`);
  }
  return { passed, failed, skipped, notes };
}

function main(report, status) {
  const runnerStatus = Number(status);
  if (report === undefined || !Number.isInteger(runnerStatus)) {
    console.error("Cannot read totals: need a report file and the exit status of the runner");
    return 2;
  }
  const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
  if (!xml.includes("</testsuites>")) {
    console.log(`no whole report was written, the runner ended with ${runnerStatus}`);
    console.log("0 passed, 1 failed");
    return 1;
  }
  const { passed, failed, skipped, notes } = totalsOf(casesOf(xml), runnerStatus);
  for (const note of notes) console.log(note);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 ? 1 : 0;
}

process.exitCode = main(process.argv[2], process.argv[3]);

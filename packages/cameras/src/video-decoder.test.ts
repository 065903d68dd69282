import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { TemporaryFolder } from "../test/fixtures.ts";
import { ShowinfoLog, VideoDecoder } from "./video-decoder.ts";

const frameLine = (pts: string, size = "64x48") =>
  `[Parsed_showinfo_2 @ 0x5d1] [info] n:   0 pts: ${pts} pts_time:0.1 pos:  1 fmt:gray sar:0/1 s:${size} i:P iskey:1 type:I `;
const baseLine = (base: string) => `[Parsed_showinfo_2 @ 0x5d1] [info] config in time_base: ${base}, frame_rate: 60/1`;

test("Log gives each frame its time, rounded to the nanosecond", async () => {
  const log = new ShowinfoLog("h264");
  log.take(baseLine("1/90000"));
  for (const pts of ["0", "     3003", "-1", "1"]) log.take(frameLine(pts));
  // 3003 / 90000 s = 33.366666… ms; 1 / 90000 s = 11.111… µs.
  expect((await log.nextFrame())?.timeNs).toBe(0n);
  expect((await log.nextFrame())?.timeNs).toBe(33_366_667n);
  expect((await log.nextFrame())?.timeNs).toBe(-11_111n);
  expect((await log.nextFrame())?.timeNs).toBe(11_111n);
});

test("Log takes up a new time base and size", async () => {
  const log = new ShowinfoLog("h264");
  log.take(baseLine("1/1000"));
  log.take(frameLine("5"));
  log.take(baseLine("1001/30000"));
  log.take(frameLine("2", "128x96"));
  expect(await log.nextFrame()).toEqual({ timeNs: 5_000_000n, size: "64x48" });
  expect(await log.nextFrame()).toEqual({ timeNs: 66_733_333n, size: "128x96" });
});

test("Log lets a reader wait, and ends with null", async () => {
  const log = new ShowinfoLog("h264");
  log.take(baseLine("1/10"));
  const waiting = log.nextFrame();
  log.take(frameLine("1"));
  expect((await waiting)?.timeNs).toBe(100_000_000n);
  const last = log.nextFrame();
  log.close();
  expect(await last).toBeNull();
});

test("Log remembers the last complaint, but not what the decoder got over", () => {
  const log = new ShowinfoLog("h264");
  log.take("[h264 @ 0x55] [error] mmco: unref short failure");
  log.take("[swscaler @ 0x55] [warning] deprecated pixel format used");
  log.take("[info] Stream mapping:");
  expect(log.fault).toBeNull();
  log.take("[matroska,webm @ 0x55] [error] File ended prematurely");
  log.take("[fatal] file:/clips/a: b.mkv: corrupt decoded frame in stream 0");
  log.take("[fatal] Conversion failed!");
  expect(log.fault).toBe("b.mkv: corrupt decoded frame in stream 0");
});

test("Log takes a frame without time for a fault", () => {
  const log = new ShowinfoLog("h264");
  log.take(frameLine("NOPTS"));
  expect(log.fault).toBe("a frame without presentation time");
});

test("Decoder ends its child when it is disposed, twice without harm", async () => {
  await using folder = await TemporaryFolder.create();
  // Stands in for ffmpeg: tells its process number, then waits for ever without a frame.
  const program = folder.join("waits");
  // The file appears with its number in it: one that is still empty would name process 0.
  const tell = `echo $$ > "${folder.join("pid.part")}"\nmv "${folder.join("pid.part")}" "${folder.join("pid")}"`;
  await Bun.write(program, `#!/bin/sh\n${tell}\nprintf x\nexec sleep 1000\n`);
  await chmod(program, 0o755);
  const decoder = new VideoDecoder({ ffmpeg: program, path: "x", codec: "h264", pixelFormat: "yuv420p" });
  const pixels = new Uint8Array(2);
  const waiting = decoder.next(pixels);
  while (!(await Bun.file(folder.join("pid")).exists())) await new Promise((resolve) => setImmediate(resolve));
  // Of a process group of its own: Ctrl-C in the terminal of its owner does not reach it. The group is the fifth field.
  const groupOf = async (pid: string) => (await Bun.file(`/proc/${pid}/stat`).text()).split(" ")[4];
  expect(await groupOf((await Bun.file(folder.join("pid")).text()).trim())).not.toBe(await groupOf("self"));
  await decoder[Symbol.asyncDispose]();
  await decoder[Symbol.asyncDispose]();
  expect(await waiting).toBeNull();
  const pid = Number(await Bun.file(folder.join("pid")).text());
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("Decoder tells how a child ended that said nothing", async () => {
  await using folder = await TemporaryFolder.create();
  const program = folder.join("fails");
  await Bun.write(program, "#!/bin/sh\nexit 3\n");
  await chmod(program, 0o755);
  await using decoder = new VideoDecoder({ ffmpeg: program, path: "x", codec: "h264", pixelFormat: "yuv420p" });
  expect(await decoder.next(new Uint8Array(1))).toBeNull();
  expect(await decoder.end()).toEqual({ fault: "ffmpeg ended with 3" });
});

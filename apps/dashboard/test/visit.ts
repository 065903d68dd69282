/**
 * A real browser for tests of the page, and pages in it that tell of every complaint and every request that went elsewhere.
 *
 * Where there is no Chromium the tests are skipped with their reason, but in CI they fail.
 */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Whether there is a browser to test in. */
export const present = existsSync(CHROMIUM);
if (!present && process.env.CI) throw new Error(`Cannot test the page: ${CHROMIUM} is absent, need it in CI`);
if (!present) console.log(`skipped: the page in a browser, because ${CHROMIUM} is absent`);

/** When a browser that does not start, and a test that does not end, is given up. Both are for what hangs: cores may be busy with other programs. */
export const LAUNCH_MS_MAX = 40_000;
export const TEST_MS_MAX = 60_000;
const WAIT_MS_MAX = 30_000;

/** Starts the browser; the caller closes it. WebGL runs on the processor. */
export async function launch(): Promise<Browser> {
  return await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** One page in a context of its own; closed with all it opened. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings the page logged or threw. */
  readonly complaints: string[];
  /** Requests that went elsewhere than to this origin. */
  elsewhere(url: string): string[];
}

/** How a page is opened. */
interface VisitOptions {
  readonly reducedMotion?: "reduce" | "no-preference";
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** Opens an empty page in a context of its own. */
export async function open(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
  const { reducedMotion = "reduce", viewport = { width: 1280, height: 800 } } = options;
  const context = await browser.newContext({ viewport, reducedMotion });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS_MAX);
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requested.push(request.url()));
  page.on("websocket", (socket) => requested.push(socket.url().replace(/^ws/, "http")));
  return {
    page,
    complaints,
    elsewhere: (url) =>
      requested.filter((address) => !/^(data|blob):/.test(address) && new URL(address).origin !== new URL(url).origin),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Waits until so many seconds of site time have passed on the page. */
export async function siteSeconds(page: Page, seconds: number): Promise<void> {
  const until = Number(await page.getAttribute("#site-time", "data-seconds")) + seconds;
  await page.waitForFunction(
    (wanted) => Number(document.getElementById("site-time")?.dataset.seconds) >= wanted,
    until,
  );
}

/** Waits until the page has had so many turns of its wheel, in each of which it takes what the node said meanwhile. */
export async function turns(page: Page, count: number): Promise<void> {
  await page.evaluate(async (wanted) => {
    for (let turn = 0; turn < wanted; turn++) await new Promise((resolve) => requestAnimationFrame(resolve));
  }, count);
}

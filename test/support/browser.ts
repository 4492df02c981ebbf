import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const program = [process.env.CHROME_PATH, ...PLACES].find((path) => path !== undefined && existsSync(path));
if (!program) {
  process.stderr.write('Tests in a browser are skipped: no Chromium was found; CHROME_PATH can say where one is.\n');
}

/** A test that needs a browser, and is skipped without one. */
const inBrowser = program ? it : it.skip;
export { inBrowser as it };

/** Launches the browser that is installed on this machine; none is downloaded. */
export const openBrowser = (): Promise<Browser> =>
  // Chromium has no sandbox for root; it only loads our own pages.
  chromium.launch({ executablePath: program, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

/** For a browser on a busy machine. */
export const PATIENCE_MS = 20_000;
const START_MS = 90_000;

/** Returns what gives the tab of the current test in the enclosing `describe`. Faults of the page fail the test. */
export function useTab(): () => Page {
  let browser: Browser;
  let tab: Page;
  let faults: string[];
  beforeAll(async () => {
    browser = await openBrowser();
  }, START_MS);
  afterAll(() => browser.close());
  beforeEach(async () => {
    ({ tab, faults } = await openTab(browser));
    tab.context().setDefaultTimeout(PATIENCE_MS);
  });
  afterEach(async () => {
    await tab.context().close();
    expect(faults).toEqual([]);
  });
  return () => tab;
}

/**
 * Opens a tab in a browser context of its own. Collects uncaught errors, policy violations and requests to other hosts, of
 * all tabs of the context.
 */
export async function openTab(browser: Browser): Promise<{ tab: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const faults: string[] = [];
  const hosts = new Set<string>();
  context.on('weberror', (error) => faults.push(error.error().message));
  context.on('console', (message) => {
    // The browser also logs refused requests, which tests provoke.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  context.on('request', (request) => {
    hosts.add(new URL(request.url()).host);
    if (hosts.size > 1) faults.push(`asked ${request.url()}`);
  });
  return { tab: await context.newPage(), faults };
}

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

/** A test that needs a browser, and is skipped where there is none. */
const inBrowser = program ? it : it.skip;
export { inBrowser as it };

/** The browser that is installed on this machine; none is downloaded. */
export const openBrowser = (): Promise<Browser> =>
  // Chromium has no sandbox for root, and what it is shown here is our own.
  chromium.launch({ executablePath: program, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

/** A tab, and what went wrong in it: uncaught errors, violations of the policy, requests to other hosts than the first. */
export async function openTab(browser: Browser): Promise<{ tab: Page; faults: string[] }> {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const faults: string[] = [];
  const hosts = new Set<string>();
  tab.on('pageerror', (error) => faults.push(error.message));
  tab.on('console', (message) => {
    // What the service refuses is logged by the browser too; tests refuse on purpose.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  tab.on('request', (request) => {
    hosts.add(new URL(request.url()).host);
    if (hosts.size > 1) faults.push(`asked ${request.url()}`);
  });
  return { tab, faults };
}

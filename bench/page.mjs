// Measures the page at /view in a Chromium: what it weighs, how long until something is to be seen, and how evenly a large
// graph moves. A browser is taken from CHROME_PATH, or where Debian puts it.
//
//   npm run build && node bench/page.mjs [tasks]
import { chromium } from 'playwright-core';
import { fileURLToPath } from 'node:url';
import { Stage } from './lib/stage.mjs';
import { startService } from './lib/service.mjs';
import { median, percentile } from './lib/statistics.mjs';

const LAYER = 50;
const STEPS = 120;
const tasks = Number(process.argv[2] ?? 2000);

const stage = await Stage.open();
const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
// Nothing starts: the page is looked at, not the service.
const system = await startService(stage, { label: 'service', program, env: { WORKER_ENABLED: '0' } });
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  const [url] = system.urls;
  const batch = await createGraph(url);
  await look('list of batches', `${url}/view`, (tab) => tab.getByRole('rowheader').first().waitFor());
  const graph = await look(`graph of ${tasks} tasks`, `${url}/view?batch=${batch}`, (tab) =>
    tab.locator('.react-flow__node').first().waitFor(),
  );
  await frames('moved as a whole', graph);
  for (let i = 0; i < 4; i++) await graph.getByRole('button', { name: 'Zoom In' }).click();
  await frames('moved from near', graph);
  await frames('zoomed', graph, (tab, i) => tab.mouse.wheel(0, i % 40 < 20 ? -40 : 40));
} finally {
  await browser.close();
  await system.stop();
  await stage.close();
}

async function createGraph(url) {
  const name = (i) => `n${i}`;
  const parents = (i) => {
    const above = (offset) => name((Math.floor(i / LAYER) - 1) * LAYER + ((i * 7 + offset) % LAYER));
    return [
      { id: above(0), requires_success: true },
      { id: above(13), requires_success: false },
    ];
  };
  const body = Array.from({ length: tasks }, (_, i) => ({
    id: name(i),
    name: `Task ${i}`,
    kind: `kind-${i % 5}`,
    timeout: 60,
    on_start: { kind: 'Webhook', trigger: 'Start', params: { url: `${stage.receiverUrl}/work`, verb: 'Post' } },
    dependencies: i < LAYER ? [] : parents(i),
  }));
  const answer = await fetch(`${url}/task`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.headers.get('x-batch-id');
}

/** Opens an address in a new window with an empty cache, says what it cost, and answers the tab. */
async function look(what, address, isThere) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const tab = await context.newPage();
  const weights = [];
  tab.on('requestfinished', (request) => {
    if (request.resourceType() !== 'eventsource') weights.push(request.sizes());
  });
  const begun = performance.now();
  await tab.goto(address);
  await isThere(tab);
  const ms = performance.now() - begun;
  const bytes = (await Promise.all(weights)).reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
  console.log(
    `${what}: to be seen after ${ms.toFixed(0)} ms, ${(bytes / 1000).toFixed(0)} kB in ${weights.length} answers`,
  );
  return tab;
}

/** Says how long frames take while the graph is moved. */
async function frames(what, tab, step = (page, i) => page.mouse.move(640 + 3 * (i % 80), 400 + (i % 40))) {
  await tab.mouse.move(640, 400);
  await tab.evaluate(`{
    window.frameTimes = [];
    let before = performance.now();
    const next = (now) => { window.frameTimes.push(now - before); before = now; window.frame = requestAnimationFrame(next); };
    window.frame = requestAnimationFrame(next);
  }`);
  await tab.mouse.down();
  for (let i = 0; i < STEPS; i++) await step(tab, i);
  await tab.mouse.up();
  const times = await tab.evaluate('cancelAnimationFrame(window.frame), window.frameTimes.slice(1)');
  console.log(
    `${what}: median ${median(times).toFixed(0)} ms a frame, p95 ${percentile(times, 0.95).toFixed(0)} ms, of ${times.length}`,
  );
}

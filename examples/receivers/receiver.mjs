/**
 * A receiver in Node, without packages. Copy it and put your own work into `work`.
 *
 *   PORT=8090 WEBHOOK_SIGNING_SECRET=whsec_… node examples/receivers/receiver.mjs
 *
 *   POST /start    an `on_start` action; its body may have `items` to do, `item_ms` for each, and a reason to `fail`
 *   POST /cancel   the cancel action that the answer to /start registers
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = Number(process.env.PORT ?? 8090);
/** How Hookline reaches this receiver. */
const PUBLIC_URL = process.env.PUBLIC_URL ?? `http://127.0.0.1:${PORT}`;
/** Unset: calls are not verified. */
const SECRET = process.env.WEBHOOK_SIGNING_SECRET;
const TOLERANCE_SECS = 300;
/** About two minutes: longer than a restart of Hookline takes. */
const RESULT_ATTEMPTS = 18;
/** What Hookline takes of a failure's reason. */
const MAX_REASON_CHARS = 65_536;

/** The calls taken. Real work keeps these keys in its database, with its results, so that they survive a restart. */
const taken = new Set();
/** The work in hand, by task. */
const jobs = new Map();

/** Whether a call is from Hookline: signed with the secret, not long ago, and under the key that is signed. */
function isGenuine(headers, body) {
  if (!SECRET) return true;
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  if (id !== headers['idempotency-key'] || !(Math.abs(Date.now() / 1000 - timestamp) <= TOLERANCE_SECS)) return false;
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return signatures
    .split(' ')
    .map((one) => Buffer.from(one))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}

/** The work, here only pretended. It reports more often than the `timeout` of its task asks, and so shows that it lives. */
async function work({ items = 1, item_ms = 100, fail }, progress, job) {
  for (let item = 0; item < items && !job.canceled; item++) {
    await sleep(item_ms);
    await progress();
  }
  if (fail) throw new Error(fail);
}

/** Has the work done and reports how it ended: well, or with what it threw. */
async function run(task, handle, plan, job) {
  let uncounted = 0;
  const progress = async () => {
    uncounted++;
    // What did not arrive goes along with the next report, or with the result.
    if ((await send('PUT', handle, { new_success: uncounted })) === 'accepted') uncounted = 0;
  };
  const result = await work(plan, progress, job).then(
    () => ({ status: 'Success' }),
    (error) => ({ status: 'Failure', failure_reason: reasonOf(error) }),
  );
  if (job.canceled) return console.log(`canceled ${task}`);
  console.log(`${await deliver(handle, { ...result, new_success: uncounted })} ${task} ${result.status}`);
}

/** The reason of a failure as Hookline takes it: text of limited length without U+0000 and halves of characters, never blank. */
function reasonOf(error) {
  const text = String(error?.message || error).slice(0, MAX_REASON_CHARS);
  // By way of UTF-8, which has no halves of a character.
  const sound = Buffer.from(text).toString().replaceAll('\0', '\ufffd');
  return sound.trim() ? sound : 'The work failed without a reason';
}

/** Reports a result until Hookline has it. If only the answer was lost, the next attempt finds the task ended. */
async function deliver(handle, result) {
  for (let attempt = 0; attempt < RESULT_ATTEMPTS; attempt++) {
    const outcome = await send('PATCH', handle, result);
    if (outcome !== 'again') return outcome;
    await sleep(Math.min(10_000, 200 * 2 ** attempt) * (0.5 + Math.random() / 2));
  }
  return 'undelivered';
}

/** Calls the handle once: `accepted`, `again` (worth another attempt) or `refused` (the task has ended, or takes no such report). */
async function send(method, handle, report) {
  try {
    const response = await fetch(handle, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(report),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = await response.text();
    if (response.ok) return 'accepted';
    if (response.status >= 500 || response.status === 429) return 'again';
    // Between two owners for a moment, after a replica of Hookline was lost.
    const waits =
      response.status === 404 && ['Waiting', 'Pending', 'Paused'].includes(JSON.parse(answer).current_status);
    return waits ? 'again' : 'refused';
  } catch {
    return 'again';
  }
}

/** Takes a call; answers status and body. */
async function take(request) {
  const { pathname, searchParams } = new URL(request.url, PUBLIC_URL);
  const body = await text(request);
  if (!isGenuine(request.headers, body)) return [401, {}];
  const key = request.headers['idempotency-key'];
  const handle = searchParams.get('handle');
  if (!key || !handle) return [400, {}];
  const plan = body ? JSON.parse(body) : {};

  const [task] = key.split(':');
  const isNew = !taken.has(key);
  taken.add(key);
  if (request.method === 'POST' && pathname === '/start') {
    if (isNew) {
      const job = { canceled: false };
      jobs.set(task, job);
      void run(task, handle, plan, job).finally(() => jobs.delete(task));
    }
    // The same answer to a call that comes again: the first one may have been lost.
    return [202, { kind: 'Webhook', params: { url: `${PUBLIC_URL}/cancel`, verb: 'Post' } }];
  }
  if (request.method === 'POST' && pathname === '/cancel') {
    if (jobs.has(task)) jobs.get(task).canceled = true;
    return [200, {}];
  }
  return [404, {}];
}

createServer(async (request, response) => {
  const [status, body] = await take(request).catch(() => [400, {}]);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}).listen(PORT, () => console.log(`listening on ${PUBLIC_URL}`));

/**
 * A receiver in Node, without packages. Copy it and put your own work into `work`.
 *
 *   PORT=8090 WEBHOOK_SIGNING_SECRET=whsec_… node examples/receivers/receiver.mjs
 *
 *   POST /start    an `on_start` action; its body may have `items`, `item_ms` (for each) and `fail` (a failure reason)
 *   POST /cancel   the cancel action that the answer to /start registers
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = Number(process.env.PORT ?? 8090);
/** The address at which Hookline reaches this receiver. */
const PUBLIC_URL = process.env.PUBLIC_URL ?? `http://127.0.0.1:${PORT}`;
/** If unset, calls are not verified. */
const SECRET = process.env.WEBHOOK_SIGNING_SECRET;
const TOLERANCE_SECS = 300;
/** They take about two minutes, longer than a restart of Hookline. */
const RESULT_TRIES = 18;
/** Hookline's limit for a failure reason. */
const MAX_REASON_CHARS = 65_536;

/** Keys of accepted calls. Real receivers store them with their results in a database, to survive a restart. */
const taken = new Set();
/** Running work, by attempt. */
const jobs = new Map();

/** Returns whether a call is from Hookline: the signature is valid, recent, and for the key of the call. */
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

/**
 * Simulates work, and returns its result: any JSON up to 64 KiB. Its progress is also the sign of life that the `timeout` of
 * the task requires.
 */
async function work({ items = 1, item_ms = 100, fail }, progress, job) {
  for (let item = 0; item < items && !job.canceled; item++) {
    await sleep(item_ms);
    await progress();
  }
  if (fail) throw new Error(fail);
  return { items };
}

/** Runs the work and reports its result. */
async function run(attempt, handle, plan, job) {
  let uncounted = 0;
  const progress = async () => {
    uncounted++;
    const outcome = await send('PUT', handle, { new_success: uncounted });
    // Progress that was not reported is added to the next report.
    if (outcome === 'accepted') uncounted = 0;
    if (outcome === 'refused') job.canceled = true;
  };
  const end = await work(plan, progress, job).then(
    (result) => ({ status: 'Success', result }),
    (error) => ({ status: 'Failure', failure_reason: reasonOf(error) }),
  );
  if (job.canceled) return console.log(`canceled ${attempt}`);
  console.log(`${await deliver(handle, { ...end, new_success: uncounted })} ${attempt} ${end.status}`);
}

/** Returns a failure reason that Hookline accepts: of limited length, not blank, no U+0000, no lone surrogates. */
function reasonOf(error) {
  // The conversion to UTF-8 replaces lone surrogates. The limit counts code points, as a spread does.
  const text = Buffer.from(String(error?.message || error))
    .toString()
    .replaceAll('\0', '\ufffd');
  const reason = [...text.slice(0, 2 * MAX_REASON_CHARS)].slice(0, MAX_REASON_CHARS).join('');
  return reason.trim() ? reason : 'The work failed without a reason';
}

/** Reports a result until Hookline has it. If only an answer was lost, the next report is refused. */
async function deliver(handle, result) {
  for (let tries = 0; tries < RESULT_TRIES; tries++) {
    const outcome = await send('PATCH', handle, result);
    if (outcome !== 'again') return outcome;
    await sleep(Math.min(10_000, 200 * 2 ** tries) * (0.5 + Math.random() / 2));
  }
  return 'undelivered';
}

/** Sends a report once; returns `accepted`, `again` (worth a retry) or `refused` (the task or this attempt is over). */
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
    // The task is being requeued, after a replica of Hookline was lost.
    const waits =
      response.status === 404 && ['Waiting', 'Pending', 'Paused'].includes(JSON.parse(answer).current_status);
    return waits ? 'again' : 'refused';
  } catch {
    return 'again';
  }
}

/** Handles a call; returns the status and body of the answer. */
async function take(request) {
  const { pathname, searchParams } = new URL(request.url, PUBLIC_URL);
  const body = await text(request);
  if (!isGenuine(request.headers, body)) return [401, {}];
  const key = request.headers['idempotency-key'];
  const handle = searchParams.get('handle');
  if (!key || !handle) return [400, {}];
  const plan = body ? JSON.parse(body) : {};

  // The key of a call about a later attempt begins with `{task}:attempt-{n}`.
  const [attempt] = /^[^:]*(:attempt-\d+)?/.exec(key);
  const [task] = attempt.split(':');
  const isNew = !taken.has(key);
  taken.add(key);
  if (request.method === 'POST' && pathname === '/start') {
    if (isNew) {
      // Earlier attempts at the task are over, for instance after a timeout.
      for (const [other, job] of jobs) if (other.split(':')[0] === task) job.canceled = true;
      const job = { canceled: false };
      jobs.set(attempt, job);
      void run(attempt, handle, plan, job).finally(() => jobs.delete(attempt));
    }
    // A repeated call gets the same answer, because the first one may have been lost.
    return [202, { kind: 'Webhook', params: { url: `${PUBLIC_URL}/cancel`, verb: 'Post' } }];
  }
  if (request.method === 'POST' && pathname === '/cancel') {
    if (jobs.has(attempt)) jobs.get(attempt).canceled = true;
    return [200, {}];
  }
  return [404, {}];
}

createServer(async (request, response) => {
  const [status, body] = await take(request).catch(() => [400, {}]);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}).listen(PORT, () => console.log(`listening on ${PUBLIC_URL}`));

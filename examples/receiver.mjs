/**
 * A receiver: the service that does the work which Hookline orchestrates. Copy it and put your own work into `work`.
 *
 *   PORT=8090 node examples/receiver.mjs        (HOST: the address to listen on; VERBOSE=1: tell every step)
 *
 *   POST /start    an `on_start` action: take the work, answer at once, report later to the handle
 *   POST /cancel   the cancel action that the answer to /start registered: stop, nobody waits for the result any more
 *   POST /notify   an `on_success` or `on_failure` action: somebody wants to hear how a task ended
 *   GET  /         what has been received so far, as JSON
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = process.env.HOST ?? '127.0.0.1';
const PORT = Number(process.env.PORT ?? 8090);
const MAX_BODY_BYTES = 1024 * 1024;
/** How progress is sent: adds to the counters of a task that has not ended and shows that it is alive. */
const PROGRESS_METHOD = 'PUT';
/** Together about 80 seconds: longer than a restart of the service takes. */
const RESULT_ATTEMPTS = 14;
const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 10_000;

/**
 * The idempotency keys of the calls taken. Every call is made *at least* once, so the same one may come again after a
 * lost answer or a crash. Real work keeps its keys where it keeps its results, so that they survive a restart.
 */
const taken = new Set();
/** The work in hand, by task id. */
const jobs = new Map();
const tally = { started: 0, succeeded: 0, failed: 0, canceled: 0, abandoned: 0, notified: 0, repeated: 0 };

const log = (...words) => process.env.VERBOSE === '1' && console.log(new Date().toISOString(), ...words);

/** Whether a call comes for the first time. */
function isNew(key) {
  if (taken.has(key)) {
    tally.repeated++;
    return false;
  }
  taken.add(key);
  return true;
}

/**
 * Takes a task. The answer must come soon (the service waits 10 seconds), so the work goes on after it. A start that
 * comes again is answered like the first one but not worked again.
 */
function start({ key, taskId, handle, body, self }) {
  if (isNew(key)) {
    tally.started++;
    void work(taskId, handle, body);
  }
  return { kind: 'Webhook', trigger: 'Cancel', params: { url: `${self}/cancel`, verb: 'Post' } };
}

/** Stops a task's work. A cancel may come late or twice; then there is nothing left to stop. */
function cancel({ key, taskId }) {
  if (!isNew(key)) return;
  const job = jobs.get(taskId);
  if (job) job.canceled = true;
  tally.canceled++;
  log('cancel', taskId);
}

/** Hears how a task ended. */
function notify({ key, taskId, body }) {
  if (!isNew(key)) return;
  tally.notified++;
  log('notify', key, taskId, body.say ?? '');
}

/**
 * The work, here only pretended. The graph says how: `work_ms` how long, `items` how many things to do, `steps` in how
 * many parts, `fail` (a reason) that it is to end badly.
 */
async function work(taskId, handle, { work_ms = 500, items = 0, steps = 1, fail }) {
  const job = { canceled: false };
  jobs.set(taskId, job);
  log('start', taskId);
  let reported = 0;
  for (let step = 1; step <= steps && !job.canceled; step++) {
    await sleep(work_ms / steps);
    const done = Math.floor((items * step) / steps);
    if (step === steps || done === reported || job.canceled) continue;
    // Progress that did not arrive is not sent again by itself: what is missing goes along with the next report.
    const answer = await send(PROGRESS_METHOD, handle, { new_success: done - reported });
    if (answer === 'accepted') reported = done;
    if (answer === 'ended') job.canceled = true;
  }
  jobs.delete(taskId);
  if (job.canceled) return;

  const result = fail ? { status: 'Failure', failure_reason: fail } : { status: 'Success' };
  if (items > reported && !fail) result.new_success = items - reported;
  const delivered = await deliver(handle, result);
  tally[!delivered ? 'abandoned' : fail ? 'failed' : 'succeeded']++;
  log('end', taskId, result.status, delivered ? '' : 'but the service could not be told');
}

/** Reports a result until the service has it: a result that is lost has to be worked again. */
async function deliver(handle, result) {
  for (let attempt = 0; attempt < RESULT_ATTEMPTS; attempt++) {
    const answer = await send('PATCH', handle, result);
    // An ended task has its result: from an earlier attempt whose answer was lost, or from a timeout or a cancel.
    if (answer === 'accepted' || answer === 'ended') return true;
    if (answer === 'refused') return false;
    // Full jitter, so that receivers which lost the service together do not come back together.
    await sleep(Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt) + BACKOFF_FIRST_MS);
  }
  return false;
}

/**
 * Calls the handle once. Says `accepted`; `ended` (the task is terminal or gone); `again` (worth another try); or
 * `refused` (the request is wrong, and would be the next time).
 */
async function send(method, handle, body) {
  try {
    const response = await fetch(handle, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (response.ok) return 'accepted';
    if (response.status === 404) return isWaiting(JSON.parse(text).current_status) ? 'again' : 'ended';
    if (response.status >= 500 || response.status === 429) return 'again';
    log('refused', method, pathOf(handle), response.status, text);
    return 'refused';
  } catch (error) {
    log('no answer', method, pathOf(handle), error.cause?.code ?? error.message);
    return 'again';
  }
}

/** A handle as logs may show it: the token in its query is as good as a password for this task. */
const pathOf = (handle) => new URL(handle).pathname;

/** A task can be between two owners for a moment, after a worker of the service was lost. It will take reports again. */
const isWaiting = (status) => status === 'Pending' || status === 'Waiting' || status === 'Paused';

/** The JSON body of a call; an absent one is an empty object. */
async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return size ? (JSON.parse(Buffer.concat(chunks).toString()) ?? {}) : {};
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
}

const routes = { '/start': start, '/cancel': cancel, '/notify': notify };

const server = createServer(async (request, response) => {
  try {
    // The host header is the address at which the caller reached this receiver, so cancels can reach it there too.
    const self = `http://${request.headers.host}`;
    const url = new URL(request.url, self);
    if (request.method === 'GET' && url.pathname === '/') return answer(response, 200, tally);
    const route = routes[url.pathname];
    if (!route || request.method !== 'POST') return answer(response, 404, { error: 'no such route' });

    const key = request.headers['idempotency-key'];
    const taskId = request.headers['x-task-id'];
    const handle = url.searchParams.get('handle');
    const body = await read(request);
    if (!key || !taskId || !handle) return answer(response, 400, { error: 'not a call of Hookline' });
    answer(response, 200, route({ key, taskId, handle, body, self }));
  } catch (error) {
    // Nothing above does work, so what throws is a call that cannot be read: no JSON, too long, a wrong address.
    answer(response, 400, { error: error.message });
  }
});

server.listen(PORT, HOST, () => console.log(`receiver: listening on http://${HOST}:${server.address().port}`));

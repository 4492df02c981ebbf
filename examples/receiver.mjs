/**
 * A receiver: the service that does the work which Hookline orchestrates. Copy it and put your own work into `work`.
 * The client does the rest: see clients/typescript/README.md. `npm run build` builds the client.
 *
 *   PORT=8090 node examples/receiver.mjs        (HOST: the address to listen on; VERBOSE=1: logs every step)
 *
 *   POST /start    an `on_start` action; does the work and reports its result; the work can be canceled
 *   POST /split, /map, /reduce    those of the map-reduce in map-reduce.mjs
 *   POST /fix      repairs what makes tasks with `fixable` fail
 *   POST /notify   an `on_success` or `on_failure` action; counts it
 *   GET  /         the counts of calls and results so far, as JSON
 *
 * WEBHOOK_SIGNING_SECRET: the secret of the service, if it signs its calls.
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createReceiver } from '@hookline/client';
import { map, reduce, split } from './map-reduce.mjs';

const HOST = process.env.HOST ?? '127.0.0.1';
const PORT = Number(process.env.PORT ?? 8090);

const tally = { started: 0, succeeded: 0, failed: 0, canceled: 0, notified: 0, repeated: 0 };
/** Keys of all calls, to count repeated ones. */
const keys = new Set();
let isFixed = false;

const log = (...words) => process.env.VERBOSE === '1' && console.log(new Date().toISOString(), ...words);

/** Simulates work as the body says: its duration, items, progress reports, and a failure of all or the first attempts. */
async function work(job) {
  const { work_ms = 500, items = 0, steps = 1, fail, fail_attempts = Infinity, fixable } = job.body ?? {};
  let counted = 0;
  for (let step = 1; step <= steps; step++) {
    // When the task is canceled, its signal makes this pause throw.
    await sleep(work_ms / steps, undefined, { signal: job.signal });
    const done = Math.floor((items * step) / steps);
    if (step === steps || done === counted) continue;
    void job.progress(done - counted);
    counted = done;
  }
  const reason = job.attempt > fail_attempts || (fixable && isFixed) ? undefined : fail;
  // A task with a retry policy is started again; `throw new NonRetryable(reason)` would end it.
  if (reason) throw new Error(reason);
  job.succeed({ new_success: items - counted });
}

/** Returns the handler with a count of its calls and results. */
const tallied = (handler) => async (job) => {
  tally.started++;
  log('start', job.taskId, `attempt ${job.attempt}`);
  job.onCancel(() => {
    tally.canceled++;
    log('cancel', job.taskId);
  });
  try {
    await handler(job);
    tally.succeeded++;
    log('end', job.taskId);
  } catch (error) {
    if (!job.signal.aborted) tally.failed++;
    log('end', job.taskId, error.message);
    throw error;
  }
};

/** Handles a notification. */
function notified({ key, body }) {
  tally.notified++;
  log('notify', key, body?.say ?? '');
}

const receiver = createReceiver({
  secrets: process.env.WEBHOOK_SIGNING_SECRET || false,
  starts: {
    '/start': tallied(work),
    '/split': tallied(split),
    '/map': tallied(map),
    '/reduce': tallied(reduce),
  },
  notifications: { '/notify': notified },
});

const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(tally));
    return;
  }
  if (request.method === 'POST' && request.url === '/fix') {
    isFixed = true;
    response.writeHead(204).end();
    return;
  }
  const key = request.headers['idempotency-key'];
  if (keys.has(key)) tally.repeated++;
  keys.add(key);
  receiver(request, response);
});

server.listen(PORT, HOST, () => console.log(`receiver: listening on http://${HOST}:${server.address().port}`));

// The outside world, as cheap as it can be: answers every webhook over a plain socket and notes what came. Each call
// carries the number of its task in its body. `/start` is reported as done, by PATCH or in the answer itself, `/hold`
// is left running, `/again` too and may be started again, `/refuse` is refused once and then like `/start`, and everything
// else is a notification that the task has ended. A group of starts is reported in bulk.
import net from 'node:net';
import { Pool } from 'undici';
import { now } from './clock.mjs';
import { serve } from './serve.mjs';

const answer = (body) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const SUCCESS = '{"status":"Success"}';
const REFUSED = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';
const TAKEN = answer('{}');
const DONE = answer(SUCCESS);
const REPORT = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: SUCCESS };

let pools = new Map();
let round = begin({ from: 0, tasks: 0 });

/** What the calls of one round are noted in: a byte a task, and times only where somebody will ask for them. */
function begin({ from, tasks, shape, times }) {
  // Connections of the round before may have gone stale while the service was stopped.
  for (const pool of pools.values()) void pool.close();
  pools = new Map();
  return {
    from,
    atOnce: shape === 'at once',
    seen: new Uint8Array(tasks),
    startedAt: times && new Float64Array(tasks),
    handles: new Map(),
    refusals: new Set(),
    counts: { starts: 0, ends: 0, holds: 0, doubles: 0, strays: 0, refused: 0 },
    lastEnd: 0,
    awaited: undefined,
  };
}

const noted = {
  onConnect() {},
  onHeaders(status) {
    if (status !== 200) refused(`PATCH was answered ${status}`);
    return true;
  },
  onData: () => true,
  onComplete() {},
  onError: (error) => refused(`PATCH failed: ${error.message}`),
};

function refused(why) {
  round.counts.refused++;
  round.fault ??= why;
}

/** `handle` is the last query parameter that the service adds; its origin ends at the first slash after `http://`. */
function handleOf(target) {
  return decodeURIComponent(/[?&]handle=([^&]*)/.exec(target)[1]);
}

function report(handle) {
  const slash = handle.indexOf('/', 8);
  const origin = handle.slice(0, slash);
  poolOf(origin).dispatch({ ...REPORT, path: handle.slice(slash) }, noted);
}

function poolOf(origin) {
  if (!pools.has(origin)) pools.set(origin, new Pool(origin, { connections: 64 }));
  return pools.get(origin);
}

/** Reports all tasks of a group at once. */
function reportAll(calls) {
  const { origin } = new URL(calls[0].handle);
  const results = calls.map(({ task_id: id, attempt }) => ({ id, attempt, status: 'Success' }));
  let text = '';
  poolOf(origin).dispatch(
    { ...REPORT, path: '/task', body: JSON.stringify(results) },
    {
      ...noted,
      onData: (data) => ((text += data), true),
      onComplete: () => /"status":(?!200)/.test(text) && refused(`the bulk was answered ${text.slice(0, 300)}`),
    },
  );
}

function sawRequest(target, text) {
  const body = JSON.parse(text);
  if (!body.calls) return saw(target, body, () => report(handleOf(target)));
  const before = round.counts.starts;
  for (const call of body.calls) saw(target, call.body, () => undefined);
  if (round.counts.starts > before) reportAll(body.calls);
  return TAKEN;
}

/** @param reportDone reports the result of a start */
function saw(target, { number }, reportDone) {
  const { seen } = round;
  const index = number - round.from;
  if (!(index >= 0 && index < seen.length)) return wrong('strays', target, index);
  const isRefusable = target.startsWith('/refuse');
  if (isRefusable && !round.refusals.has(index)) {
    round.refusals.add(index);
    return REFUSED;
  }
  if (target.startsWith('/again')) {
    round.handles.set(index, handleOf(target));
    return note('holds', TAKEN);
  }
  const isStart = isRefusable || target.startsWith('/start') || target.startsWith('/hold');
  const bit = isStart ? 1 : 2;
  if (seen[index] & bit) return wrong('doubles', target, index);
  seen[index] |= bit;
  if (!isStart) {
    round.lastEnd = now();
    return note('ends', TAKEN);
  }
  if (round.startedAt) round.startedAt[index] = now();
  if (target.startsWith('/hold')) {
    round.handles.set(index, handleOf(target));
    return note('holds', TAKEN);
  }
  if (!round.atOnce) reportDone();
  return note('starts', round.atOnce ? DONE : TAKEN);
}

function wrong(what, target, index) {
  round.fault ??= `the first of the ${what}: ${target.split('?')[0]} of task ${round.from + index}, round from ${round.from}`;
  return note(what, TAKEN);
}

function note(what, reply) {
  const { counts, awaited } = round;
  counts[what]++;
  if (awaited?.what === what && counts[what] >= awaited.count) awaited.resolve();
  return reply;
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const data = rest ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    let replies = '';
    for (;;) {
      const end = data.indexOf('\r\n\r\n', at);
      if (end < 0) break;
      const head = data.latin1Slice(at, end);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const stop = end + 4 + length;
      if (data.length < stop) break;
      const space = head.indexOf(' ');
      replies += sawRequest(head.slice(space + 1, head.indexOf(' ', space + 1)), data.utf8Slice(end + 4, stop));
      at = stop;
    }
    rest = at < data.length ? data.subarray(at) : undefined;
    if (replies) socket.write(replies, 'latin1');
  });
});

serve({
  listen: () =>
    new Promise((resolve) => server.listen(0, '127.0.0.1', 1024, () => resolve({ port: server.address().port }))),
  expect(what) {
    round = begin(what);
  },
  /** Comes back once so many `starts`, `holds` or `ends` have come. */
  async until({ what, count }) {
    if (round.counts[what] >= count) return;
    await new Promise((resolve) => (round.awaited = { what, count, resolve }));
  },
  report: () => {
    const { counts, fault, lastEnd, startedAt } = round;
    return { ...counts, fault, lastEnd, startedAt: startedAt && [...startedAt] };
  },
  /** Where the tasks that were left running can be reported, in their order. */
  handles: () => [...round.handles].sort(([a], [b]) => a - b).map(([, handle]) => handle),
});

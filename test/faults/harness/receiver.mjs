// The receiver of a scenario, in a process of its own that no fault touches: it takes start calls, does the work, reports as
// a careful client does, gets notifications, and keeps a ledger of everything.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createRawServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';

process.on('disconnect', () => process.exit());

/** Every call: `{key, task, trigger, host, begin, end?, status?}`; without `end` it is open, without `status` it was cut off. */
const calls = [];
/** The state of each task: its plan, and what the service has acknowledged. */
const tasks = {};
/** Sentences about answers that no client should ever get. */
const faults = [];
/** When results were acknowledged. */
const results = [];
let bases = [];
let working = 0;

// Longer than the longest outage of a scenario.
const PATIENCE_MS = 300_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 10_000;
const SLOWEST_ANSWER_MS = 80;
const ENDS = ['Success', 'Failure', 'Canceled'];
const dispatcher = new Agent({ headersTimeout: 20_000, keepAliveTimeout: 1000 });

/** Repeats a request until `judge` accepts its answer, perhaps at another replica each time. */
async function diligently(method, id, body, judge, unsure = () => undefined) {
  const deadline = Date.now() + PATIENCE_MS;
  const first = Math.floor(Math.random() * bases.length);
  for (let attempt = 0; Date.now() < deadline; attempt++) {
    let answer;
    try {
      const { statusCode, body: stream } = await request(`${bases[(first + attempt) % bases.length]}/task/${id}`, {
        method,
        dispatcher,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await stream.text();
      answer = { status: statusCode, body: text ? JSON.parse(text) : undefined };
    } catch {
      unsure(); // The outcome is unknown.
    }
    if (answer?.status >= 500 && answer.status !== 503) faults.push(`${method} was answered ${answer.status}`);
    if (answer?.status >= 500) unsure();
    else if (answer) {
      const accepted = judge(answer);
      if (accepted !== undefined) return accepted;
    }
    await pause(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + Math.random()));
  }
  faults.push(`${method} ${id} got no answer in ${PATIENCE_MS / 1000} s`);
  return null;
}

function count(task) {
  return diligently(
    'PUT',
    task.id,
    { new_success: 1 },
    ({ status, body }) => {
      if (status === 202) task.counted++;
      else faults.push(`an increment was answered ${status}: ${JSON.stringify(body)}`);
      return true;
    },
    () => task.unsure++,
  );
}

/** Reports a result until the service accepts it, or says that the task has ended. */
async function report(task, status) {
  const body = { status, ...(status === 'Failure' && { failure_reason: 'It did not work' }) };
  const taken = await diligently('PATCH', task.id, body, ({ status: code, body: told }) => {
    if (code === 200) return true;
    if (code === 404 && ENDS.includes(told?.current_status)) return false;
    // The claim was lost and the task will be called again, so the result is still needed.
    if (code === 404 && told?.current_status) return undefined;
    faults.push(`a result of ${task.id} was answered ${code}: ${JSON.stringify(told)}`);
    return false;
  });
  if (taken) {
    task.taken.push(status);
    results.push(Date.now());
  }
}

async function cancel(task) {
  const taken = await diligently('DELETE', task.id, undefined, ({ status }) => {
    if (status === 200 || status === 400) return status === 200;
    faults.push(`a cancellation was answered ${status}`);
    return false;
  });
  if (taken) task.taken.push('Canceled');
}

async function work(task) {
  const { plan } = task;
  working++;
  try {
    await pause(plan.work);
    task.released = Date.now();
    for (let i = 0; i < plan.counts; i++) await count(task);
    if (plan.end === 'cancel') await cancel(task);
    else await Promise.all([report(task, plan.end), ...(plan.rival ? [report(task, 'Failure')] : [])]);
    // Progress counts after the end too.
    if (plan.late) await count(task);
  } finally {
    working--;
  }
}

function onStart(id, plan) {
  let task = tasks[id];
  if (!task) {
    task = tasks[id] = { id, plan, counted: 0, unsure: 0, taken: [] };
    void work(task);
  }
  if (!plan.cancelAction) return undefined;
  return { kind: 'Webhook', params: { url: `http://127.0.0.1:${ports.fine}/told`, verb: 'Post' } };
}

async function read(message) {
  let text = '';
  for await (const chunk of message.setEncoding('utf8')) text += chunk;
  return text ? JSON.parse(text) : undefined;
}

const GIGABYTE = 1e9;

/** What each host does; `accepts` means that the receiver works on the task. */
const HOSTS = {
  fine: { accepts: true, answer: (response, body) => json(response, 200, body) },
  sleeps: { answer: () => undefined },
  drips: {
    answer(response) {
      const timer = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(timer));
    },
  },
  gigabyte: {
    accepts: true,
    answer(response) {
      const chunk = Buffer.alloc(256 * 1024, 'x');
      let sent = 0;
      const pump = () => {
        while (!response.destroyed && sent < GIGABYTE && (sent += chunk.length) && response.write(chunk));
        if (sent >= GIGABYTE) response.end();
      };
      response.writeHead(200).on('drain', pump);
      pump();
    },
  },
  nonsense: { accepts: true, answer: (response) => response.writeHead(200).end('{"kind": "Webhook", "params": [[[') },
  fails: { answer: (response) => json(response, 500, { error: 'no' }) },
  redirects: {
    answer: (response) => response.writeHead(302, { location: `http://127.0.0.1:${ports.fine}/start` }).end(),
  },
  closes: { answer: (response) => response.destroy() },
};

const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
};

/** Notifications that were refused once, so that they are sent again. */
const refused = new Set();

/** Takes a group of calls; each is in the ledger, and may be refused alone. */
async function serveGroup(host, message, response) {
  let entries;
  try {
    ({ calls: entries } = await read(message));
  } catch {
    return;
  }
  const begin = Date.now();
  const own = entries.map(({ key, task_id: task, trigger }) => ({ key, task, trigger, host, begin }));
  calls.push(...own);
  const results = entries.flatMap(({ key, task_id, trigger, body }) => {
    if (trigger === 'start') {
      const answer = onStart(task_id, body);
      return answer ? { key, ...answer } : [];
    }
    if (!body?.refuse || refused.has(key)) return [];
    refused.add(key);
    return { key, refused: 'Not now' };
  });
  const unwanted = new Set(results.flatMap((result) => (result.refused ? result.key : [])));
  response.once('close', () => {
    for (const call of own) {
      call.end = Date.now();
      if (response.writableFinished) call.status = unwanted.has(call.key) ? 503 : 200;
    }
  });
  await pause(Math.random() * SLOWEST_ANSWER_MS);
  json(response, 200, { results });
}

async function serve(host, message, response) {
  const { headers, url } = message;
  if (headers['x-hookline-group']) return serveGroup(host, message, response);
  const call = {
    key: headers['idempotency-key'],
    task: headers['x-task-id'],
    trigger: headers['x-task-trigger'],
    host,
    begin: Date.now(),
  };
  calls.push(call);
  response.once('close', () => {
    call.end = Date.now();
    if (response.writableFinished) call.status = response.statusCode;
  });
  let body;
  try {
    body = await read(message);
  } catch {
    return;
  }
  if (host !== 'fine') {
    const answer = HOSTS[host].accepts && call.trigger === 'start' ? onStart(call.task, body) : undefined;
    HOSTS[host].answer(response, answer);
    return;
  }
  const answer = url.startsWith('/start') ? onStart(call.task, body) : undefined;
  // Long enough for a fault to hit calls in flight.
  await pause(Math.random() * SLOWEST_ANSWER_MS);
  if (url.startsWith('/start')) return json(response, 200, answer);
  const again = body?.refuse && !refused.has(call.key);
  if (again) refused.add(call.key);
  json(response, again ? 503 : 200);
}

/** Answers something that is not HTTP. */
const babbler = createRawServer((socket) => {
  socket.on('error', () => undefined).once('data', () => socket.end(Buffer.from('7\0\u{1f4a3}\r\n\r\nHTTP/9 lots')));
});

const ports = {};
async function listen(name, server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[name] = server.address().port;
  return server;
}

for (const host of Object.keys(HOSTS))
  await listen(
    host,
    createServer((message, response) => void serve(host, message, response)),
  );
await listen('babbles', babbler);
(await listen('refuses', createRawServer())).close();
const control = await listen(
  'control',
  createServer((message, response) => void answerControl(message, response)),
);

async function answerControl(message, response) {
  const body = await read(message);
  switch (message.url) {
    case '/bases':
      bases = body;
      return json(response, 204);
    case '/pace': {
      const { since, until } = body;
      return json(response, 200, results.filter((at) => at >= since && at < until).length);
    }
    case '/open':
      return json(response, 200, calls.filter(({ host, end }) => host === body && end === undefined).length);
    case '/working':
      return json(response, 200, working);
    case '/ledger':
      return json(response, 200, { calls, tasks, faults });
    default:
      return json(response, 404);
  }
}
control.keepAliveTimeout = 60_000;
process.send(ports);

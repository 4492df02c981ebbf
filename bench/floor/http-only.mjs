// The floor: what the HTTP of a task costs one process when nothing is stored. It takes tasks, calls their webhooks and
// takes reports, like the service, with the same framework and the same client in their leanest use, and keeps everything
// in memory. It knows plain tasks and required dependencies only.
import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { Pool } from 'undici';

const IN_FLIGHT = 64;
const HEADERS = { 'content-type': 'application/json' };
const REPORT = {
  body: { type: 'object', required: ['status'], properties: { status: { enum: ['Success', 'Failure'] } } },
};

const tasks = new Map();
const pools = new Map();
const queue = [];
let next = 0;
let inFlight = 0;

function start(task) {
  queue.push({ params: task.on_start.params, handle: `?handle=${process.env.HOST_URL}/task/${task.id}`, task });
}

function succeed(task) {
  if (!tasks.delete(task.id)) return;
  for (const { params } of task.on_success) queue.push({ params, handle: '' });
  for (const child of task.children) if (--child.open_parents === 0) start(child);
}

/** Sends what may be sent. Calls that have been sent are dropped from the queue once all of them have. */
function work() {
  while (inFlight < IN_FLIGHT && next < queue.length) send(queue[next++]);
  if (next === queue.length) next = queue.length = 0;
}

function send({ params: { url, body }, handle, task }) {
  inFlight++;
  const slash = url.indexOf('/', 8);
  const origin = url.slice(0, slash);
  if (!pools.has(origin)) pools.set(origin, new Pool(origin, { connections: IN_FLIGHT }));
  const chunks = [];
  const end = () => {
    inFlight--;
    if (task && Buffer.concat(chunks).includes('"Success"')) succeed(task);
    work();
  };
  pools.get(origin).dispatch(
    { path: url.slice(slash) + handle, method: 'POST', headers: HEADERS, body: JSON.stringify(body) },
    {
      onConnect() {},
      onHeaders: () => true,
      onData: (chunk) => chunks.push(chunk) > 0,
      onComplete: end,
      onError(error) {
        console.error(error.message);
        end();
      },
    },
  );
}

const app = Fastify({ bodyLimit: 64 << 20 });
app.get('/health', () => ({ status: 'ok' }));
app.post('/task', (request, reply) => {
  const known = new Map();
  for (const { id, name, on_start, on_success, dependencies = [] } of request.body) {
    const task = { id: randomUUID(), name, on_start, on_success, children: [], open_parents: dependencies.length };
    for (const dependency of dependencies) known.get(dependency.id).children.push(task);
    known.set(id, task);
    tasks.set(task.id, task);
    if (task.open_parents === 0) start(task);
  }
  reply.code(201).send([...known.values()].map(({ id, name }) => ({ id, name })));
  work();
});
app.patch('/task/:id', { schema: REPORT }, (request, reply) => {
  const task = tasks.get(request.params.id);
  reply.code(task ? 200 : 404).send({});
  if (task) succeed(task);
  work();
});

process.on('SIGTERM', () => process.exit(0));
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });

// The process of a peer: its producer, its worker and, in the callback shape, the team's own endpoint. It does what the
// client asks of the service, by calls into the queue's library, which spares the peers the HTTP of creation.
import Fastify from 'fastify';
import { numbers, pieces } from '../client/tasks.mjs';
import { now } from '../lib/clock.mjs';
import { paced } from '../lib/paced.mjs';
import { serve } from '../lib/serve.mjs';
import { webhooks } from './webhooks.mjs';

const jobs = (from, tasks) => numbers(from, tasks).map((number) => ({ number }));
let queue;
let first;
// Callback: what a report needs to know about its task. A team would look it up in a table of its own; memory favours it.
const open = new Map();

serve({
  async open({ adapter, shape, loader, receiver, ...stores }) {
    const { load } = await import(loader);
    const { default: create } = await import(`./${adapter}.mjs`);
    const peer = await create({ load, shape, ...stores });
    const calls = webhooks(receiver, peer.connections);
    queue = peer;
    first = shape === 'callback' ? 'start' : 'task';
    if (shape === 'callback') {
      const url = await endpoint();
      await peer.open({ start: (job) => calls.start(job, `${url}/task/${job.number}`), notify: calls.success });
    } else {
      await peer.open({ task: async (job) => (await calls.start(job), await calls.success(job)) });
    }
  },

  async batch({ from, tasks, perRequest = 1000 }) {
    const parts = pieces(jobs(from, tasks), perRequest);
    const begun = now();
    for (const part of parts) {
      remember(part);
      await queue.addMany(first, part);
    }
    return { begun };
  },
  paced({ from, tasks, perSecond }) {
    remember(jobs(from, tasks));
    return paced(tasks, perSecond, (i) => queue.add(first, { number: from + i }));
  },
  chain: ({ from, tasks }) => timed(queue.chain, jobs(from, tasks)),
  fan: ({ from, tasks }) => timed(queue.fan, jobs(from, tasks)),
  close: () => queue.close(),
});

async function timed(create, all) {
  const begun = now();
  await create(all);
  return { begun };
}

function remember(part) {
  if (first === 'start') for (const job of part) open.set(String(job.number), job);
}

/** Where the receiver reports: the result is checked, and the notification becomes a job, before it is acknowledged. */
async function endpoint() {
  const app = Fastify();
  const body = { type: 'object', required: ['status'], properties: { status: { enum: ['Success', 'Failure'] } } };
  app.patch('/task/:id', { schema: { body } }, async (request, reply) => {
    const job = open.get(request.params.id);
    if (!job) return reply.code(404).send({});
    open.delete(request.params.id);
    await queue.add('notify', job);
    return {};
  });
  return app.listen({ port: 0, host: '127.0.0.1' });
}

// BullMQ: a flow is a tree in which a job waits for its children, so a chain is a flow, and so is many-to-one. One-to-many
// is not: the first job's handler adds the rest. Jobs that are done are removed, as their documentation advises.
const NAME = 'bench';
const IN_FLIGHT = { redis: 200, postgres: 100 };
const DEFAULTS = { removeOnComplete: true, attempts: 3 };

export default async function create({ load, redisPort, databaseUrl }) {
  const { Queue, Worker, FlowProducer, connection, inFlight } = databaseUrl
    ? await onPostgres(load, databaseUrl)
    : await onRedis(load, redisPort);
  const opts = { ...DEFAULTS, removeOnComplete: !databaseUrl };
  const node = (data, children, name = 'task') => ({ name, queueName: NAME, data, opts, children });
  let queue, flows, worker;

  const work = (handlers) => async (job) => {
    if (job.name !== 'source') return handlers[job.name](job.data);
    await handlers.task(job.data);
    const sink = job.data.rest.pop();
    await flows.add(
      node(
        sink,
        job.data.rest.map((leaf) => node(leaf)),
      ),
    );
  };

  return {
    connections: inFlight,
    async open(handlers) {
      queue = new Queue(NAME, { connection, defaultJobOptions: opts });
      flows = new FlowProducer({ connection });
      worker = new Worker(NAME, work(handlers), { connection, concurrency: inFlight });
      for (const part of [queue, flows, worker]) part.on('error', (error) => console.error(error.message));
      worker.on('failed', (_job, error) => console.error(error.message));
      await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    },
    add: (name, job) => queue.add(name, job),
    addMany: (name, all) => queue.addBulk(all.map((data) => ({ name, data }))),
    chain: (all) => flows.add(all.reduce((before, job) => node(job, before && [before]), undefined)),
    fan: ([source, ...rest]) => queue.add('source', { ...source, rest }),
    async close() {
      await worker.close(true);
      await flows.close();
      await queue.close();
    },
  };
}

async function onRedis(load, port) {
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  return { ...(await load('bullmq')), connection, inFlight: IN_FLIGHT.redis };
}

async function onPostgres(load, connectionString) {
  const { withBackend, createPostgresBackend } = await load('bullmq');
  const connection = { connectionString, max: 30, migrate: true };
  return { ...withBackend(createPostgresBackend), connection, inFlight: IN_FLIGHT.postgres };
}

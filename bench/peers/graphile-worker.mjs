// graphile-worker with its local queue and completions in batches, without which it is five times slower. It has no
// dependencies: a chain is a job that adds the next one, and many-to-one is a counter that the last one brings to zero.
const IN_FLIGHT = 100;

export default async function create({ load, shape, databaseUrl }) {
  const { run, makeWorkerUtils, Logger } = await load('graphile-worker');
  // The logger it comes with writes a line a job.
  const logger = new Logger(() => (level, message) => level === 'error' && console.error(message));
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, logger });
  let runner;

  const graphs = ({ task }) => ({
    async link({ job, rest }, { addJob }) {
      await task(job);
      if (rest.length > 0) await addJob('link', { job: rest[0], rest: rest.slice(1) });
    },
    async source({ job, rest }, { query, addJobs }) {
      await task(job);
      const sink = rest.pop();
      await query('INSERT INTO bench_join VALUES ($1, $2)', [sink.number, rest.length]);
      await addJobs(rest.map((leaf) => ({ identifier: 'leaf', payload: { job: leaf, sink } })));
    },
    async leaf({ job, sink }, { query, addJob }) {
      await task(job);
      const { rows } = await query('UPDATE bench_join SET missing = missing - 1 WHERE sink = $1 RETURNING missing', [
        sink.number,
      ]);
      if (rows[0].missing === 0) await addJob('task', sink);
    },
  });

  // In the callback shape jobs trickle in one by one, and fetching what little there is each time costs more.
  const refetchDelay = shape === 'callback' ? { refetchDelay: { durationMs: 50, threshold: 100 } } : {};
  const worker = {
    connectionString: databaseUrl,
    concurrentJobs: IN_FLIGHT,
    maxPoolSize: 12,
    pollInterval: 1000,
    localQueue: { size: 500, ...refetchDelay },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger,
  };
  return {
    connections: IN_FLIGHT,
    async open(handlers) {
      await utils.migrate();
      await utils.withPgClient((db) => db.query('CREATE TABLE bench_join (sink int PRIMARY KEY, missing int)'));
      const taskList = { ...handlers, ...(handlers.task && graphs(handlers)) };
      runner = await run({ preset: { worker }, noHandleSignals: true, parsedCronItems: [], taskList });
    },
    add: (name, job) => utils.addJob(name, job),
    addMany: (name, all) => utils.addJobs(all.map((payload) => ({ identifier: name, payload }))),
    chain: ([job, ...rest]) => utils.addJob('link', { job, rest }),
    fan: ([job, ...rest]) => utils.addJob('source', { job, rest }),
    async close() {
      await runner.stop();
      await utils.release();
    },
  };
}

// pg-boss: a queue for each kind of job, batches of 500 that are settled together, and the next one fetched at once while
// they come full. Its dependencies are resolved by a pass in the background, once a second at most: here the pass is
// driven in a tight loop while a graph runs, and wakes the worker, which is as fast as it can be made to go.
const BATCH = 500;
const GRAPH_QUEUE = 'task';

export default async function create({ load, shape, databaseUrl }) {
  const { PgBoss } = await load('pg-boss');
  // One notification for each PATCH's single insert costs more than polling for it.
  const notify = shape === 'at once';
  const boss = new PgBoss({ connectionString: databaseUrl, max: 10, useListenNotify: notify });
  boss.on('error', (error) => console.error(error.message));
  let graphWorker;
  let handled = 0;

  async function follow(jobs) {
    const goal = handled + jobs.length;
    await boss.flow(jobs);
    while (handled < goal) {
      await boss.resolveFlow();
      boss.notifyWorker(graphWorker);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const graph = (all, parentsOf) =>
    void follow(
      all.map((data, i) => ({ ref: `t${i}`, name: GRAPH_QUEUE, data, dependsOn: parentsOf(i)?.map((n) => `t${n}`) })),
    ).catch((error) => console.error(error.message));

  return {
    connections: 256,
    async open(handlers) {
      await boss.start();
      for (const [name, handle] of Object.entries(handlers)) {
        await boss.createQueue(name, { notify });
        const options = {
          batchSize: BATCH,
          localConcurrency: 1,
          pollingIntervalSeconds: 0.5,
          burstWhenBatchFull: true,
        };
        graphWorker = await boss.work(name, options, async (jobs) => {
          await Promise.all(jobs.map(({ data }) => handle(data)));
          handled += jobs.length;
        });
      }
    },
    add: (name, job) => boss.send(name, job),
    addMany: (name, all) =>
      boss.insert(
        name,
        all.map((data) => ({ data })),
      ),
    chain: (all) => graph(all, (i) => (i > 0 ? [i - 1] : undefined)),
    fan(all) {
      const last = all.length - 1;
      const middle = all.slice(1, last).map((_, i) => i + 1);
      return graph(all, (i) => (i === 0 ? undefined : i < last ? [0] : middle));
    },
    close: () => boss.stop({ graceful: false, timeout: 3000 }),
  };
}

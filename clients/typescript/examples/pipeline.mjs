/**
 * Creates a graph and waits for its end, with the receiver in the same process. Start the service first:
 *
 *   npm start
 *   node clients/typescript/examples/pipeline.mjs      (HOOKLINE_URL: default http://localhost:8085)
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createReceiver, Graph, Hookline, webhook } from '@hookline/client';

const hookline = new Hookline({
  url: process.env.HOOKLINE_URL ?? 'http://localhost:8085',
  token: process.env.AUTH_TOKEN || undefined,
});

const receiver = createReceiver({
  secrets: process.env.WEBHOOK_SIGNING_SECRET || false,
  starts: {
    '/build': async (job) => {
      for (let file = 0; file < 10; file++) {
        await sleep(100, undefined, { signal: job.signal });
        void job.progress();
      }
    },
    '/check': () => sleep(300),
    '/deploy': () => {
      throw new Error('The region is full');
    },
  },
  notifications: { '/built': ({ event }) => console.log(`the build ended: ${event}`) },
});
const server = createServer(receiver).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
/** @param {string} path */
const at = (path) => webhook(`http://127.0.0.1:${port}${path}`);

const graph = new Graph({ scope: 'example' })
  .add('build', { kind: 'build', expected_count: 10, on_start: at('/build'), on_success: [at('/built')] })
  .add('lint', { kind: 'check', requires: ['build'], on_start: at('/check') })
  .add('test', { kind: 'check', requires: ['build'], on_start: at('/check') })
  .add('deploy', { kind: 'deploy', requires: ['test'], after: ['lint'], on_start: at('/deploy') });

const { batchId, ids } = await hookline.create(graph);
console.log(`batch ${batchId}`);
const { status_counts } = await hookline.waitForBatch(batchId, {
  timeoutMs: 60_000,
  onProgress: ({ total_success, status_counts }) => console.log(`${total_success} files built`, status_counts),
});
console.log(`${status_counts.success} succeeded, ${status_counts.failure} failed`);
const { failure_reason } = await hookline.task(ids.deploy);
console.log(`deploy: ${failure_reason}`);

// Connections that the service keeps open would delay the exit.
server.close();
server.closeIdleConnections();
await receiver.close();

import { fileURLToPath, pathToFileURL } from 'node:url';
import { startNode } from '../lib/child.mjs';
import { within } from '../lib/clock.mjs';
import { hasRedis, startPostgres, startRedis } from '../lib/stores.mjs';
import { System } from '../lib/system.mjs';
import { installPeers } from './install.mjs';

const HOST = fileURLToPath(new URL('host.mjs', import.meta.url));
const PATIENCE_MS = 60_000;

// A chain and a fan are jobs that follow each other, and so in the peers' own shape: the call is the work. A job that
// waits for a PATCH before others may follow is in none of the libraries.
const CALLBACK = ['W1', 'W15'];
const AT_ONCE = ['W1', 'W2', 'W3', 'W4'];

const PEERS = [
  { label: 'BullMQ, Redis', adapter: 'bullmq', store: 'redis', callback: true },
  { label: 'BullMQ, PostgreSQL', adapter: 'bullmq', store: 'postgres', callback: false },
  { label: 'pg-boss', adapter: 'pg-boss', store: 'postgres', callback: true },
  { label: 'graphile-worker', adapter: 'graphile-worker', store: 'postgres', callback: true },
];

/** The job queues that a team would use instead, installed into the folder if need be. */
export function peerEntrants(folder) {
  const packages = installPeers(folder);
  const redis = hasRedis();
  if (!redis) console.error('There is no redis-server (apt-get install redis-server): BullMQ on Redis is left out');
  return PEERS.filter(({ store }) => redis || store !== 'redis').map((peer) => ({
    label: peer.label,
    shapes: peer.callback ? ['callback', 'at once'] : ['at once'],
    takesPart: (workload, shape) => (shape === 'callback' ? CALLBACK : AT_ONCE).includes(workload),
    start: (stage, { shape }) => startPeer(stage, peer, packages, shape),
  }));
}

async function startPeer(stage, { label, adapter, store }, { node, loader }, shape) {
  const { pid, stop, ...where } = store === 'redis' ? await startRedis(stage) : await startPostgres();
  const host = stage.watch(startNode(HOST, { node, channel: true }));
  const system = new System({ label, guard: stage.guard, driver: host, apps: [host], stores: [pid], ...where });
  system.closers.push(stop, () => stage.end(host));
  const settings = { adapter, shape, loader: pathToFileURL(loader).href, receiver: stage.receiverUrl, ...where };
  try {
    await within(PATIENCE_MS, label, host.call('open', settings));
  } catch (error) {
    await system.stop();
    throw error;
  }
  system.closers.push(() => within(PATIENCE_MS, label, host.call('close')));
  return system;
}

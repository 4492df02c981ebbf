// Stores for those who bring none: a PostgreSQL from the service's own package, and the system's Redis.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../dist/src/database/embedded.js';
import { Child } from './child.mjs';
import { sleep } from './clock.mjs';

const REDIS = 'redis-server';

/** The same server as the service's, started the same way and with the same settings of its own, but for connections. */
export async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
  chmodSync(folder, 0o755); // As root, it runs as another user.
  const server = await startEmbeddedPostgres(join(folder, 'postgres'), ['-c', 'max_connections=300']);
  const [pid] = readFileSync(join(server.dataDir, 'cluster/pgdata/postmaster.pid'), 'utf8').split('\n');
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { pid: Number(pid), databaseUrl: server.url(), stop };
}

export function hasRedis() {
  try {
    execFileSync(REDIS, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Redis without snapshots and without a log: nothing it does has to wait for a disk. */
export async function startRedis(stage) {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = stage.watch(new Child(REDIS, flags, { silent: true }));
  const stop = async () => {
    await stage.end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let i = 0; i < 100 && !server.hasEnded; i++) {
    if (await accepts(port)) return { pid: server.pid, redisPort: port, stop };
    await sleep(50);
  }
  await stop();
  throw new Error('Redis did not start');
}

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.end());
  });

/** A port that nobody listens on at the moment. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

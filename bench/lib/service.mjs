// The service as its own process, and the client that makes its load as another one.
import { existsSync, mkdtempSync, chmodSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNode } from './child.mjs';
import { sleep } from './clock.mjs';
import { freePort } from './stores.mjs';
import { System } from './system.mjs';

const CLIENT = fileURLToPath(new URL('../client/main.mjs', import.meta.url));
const PROFILED = new URL('profiled.mjs', import.meta.url).href;
const MINUTE_OF_TENTHS = 600;

/**
 * Starts `program` on an embedded database of its own, and a client for it.
 * @param stage who guards processes, and where the receiver is
 * @param profile where a CPU profile is to be written
 */
export async function startService(stage, { label, program, env = {}, profile }) {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
  chmodSync(folder, 0o755); // As root, the database runs as another user.
  const { app, url } = await startReplica(stage, { program, folder, env, profile });
  const client = stage.watch(startNode(CLIENT, { channel: true }));
  await client.call('aim', { urls: [url], receiver: stage.receiverUrl });
  const system = new System({ label, guard: stage.guard, driver: client, apps: [app], urls: [url] });
  Object.assign(system, { folder, program, profile, databaseUrl: databaseUrlIn(folder) });
  system.closers.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => stage.end(app),
    () => stage.end(client),
  );
  return system;
}

/** Starts one more process on the database of the service, and lets the client use both in turn. */
export async function addReplica(stage, system) {
  const env = { DATABASE_URL: system.databaseUrl };
  const { program, folder } = system;
  const { app, url } = await startReplica(stage, { program, folder, env });
  system.apps.push(app);
  system.urls.push(url);
  system.closers.push(() => stage.end(app));
  await system.driver.call('aim', { urls: system.urls, receiver: stage.receiverUrl });
}

async function startReplica(stage, { program, folder, env, profile }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const app = stage.watch(
    startNode(program, {
      cwd: folder, // Where there is no .env.
      nodeArgs: ['--max-semi-space-size=16', ...(profile ? ['--import', PROFILED] : [])], // As `npm start`.
      env: {
        ...process.env,
        NODE_ENV: undefined,
        AUTH_TOKEN: undefined,
        DATABASE_URL: undefined,
        EMBEDDED_DATA_DIR: join(folder, 'postgres'),
        PORT: String(port),
        HOST_URL: url,
        LOG_LEVEL: 'error',
        SKIP_SSRF_VALIDATION: '1',
        BENCH_PROFILE: profile,
        ...env,
      },
    }),
  );
  for (let i = 0; i < MINUTE_OF_TENTHS && !app.hasEnded; i++) {
    if (await isHealthy(url)) return { app, url };
    await sleep(100);
  }
  await stage.end(app);
  throw new Error(`${program} did not become healthy: ${app.complaints.join(' | ')}`);
}

const isHealthy = (url) =>
  fetch(`${url}/health`).then(
    (answer) => answer.ok,
    () => false,
  );

/** The embedded server says in its own files where it listens and how to get in; undefined if there is none. */
function databaseUrlIn(folder) {
  const cluster = join(folder, 'postgres', 'cluster');
  if (!existsSync(cluster)) return undefined;
  const [, , , port] = readFileSync(join(cluster, 'pgdata', 'postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(cluster, 'password'), 'utf8').trim();
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

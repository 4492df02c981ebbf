// The service as its own process on an embedded database, for everything that is measured from outside.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts it and waits until it is healthy. `url` is its own, `stop()` ends it and removes what it left. */
export async function startService({ nodeArgs = [], env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
  chmodSync(folder, 0o755); // As root, the database runs as another user.
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [...nodeArgs, 'dist/src/main.js'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      EMBEDDED_DATA_DIR: join(folder, 'postgres'),
      ...process.env,
      PORT: String(port),
      HOST_URL: url,
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  const stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  for (let i = 0; i < 300; i++) {
    if (
      await fetch(`${url}/health`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { url, pid: child.pid, folder, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error('The service did not become healthy');
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

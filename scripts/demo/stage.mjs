/** The environment of the demo: a temporary folder and processes, all of which are removed at the end. */
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LEASH = new URL('./leash.mjs', import.meta.url).href;
/** The service lets calls in flight end before it stops, which takes 10 seconds at most. */
const STOP_GRACE_MS = 20_000;
const READY_LIMIT_MS = 60_000;
const READY_INTERVAL_MS = 50;
const LOG_TAIL_LINES = 40;

/** A signal stopped the demo, which is no failure. `exitCode` follows the convention of shells. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

export class Stage {
  /** Holds the logs, and the database unless the environment names another. */
  folder = mkdtempSync(join(tmpdir(), 'hookline-demo-'));
  #processes = [];
  #end;
  /** Rejects when the demo must end: with `Interrupted`, or because a process ended by itself. */
  #over = new Promise((_, reject) => (this.#end = reject));

  constructor() {
    // Under root, the database runs as another user, who needs access to this folder.
    chmodSync(this.folder, 0o755);
    // Guarded waits see the rejection; without one, it must not count as unhandled.
    this.#over.catch(() => undefined);
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        // A second signal skips the graceful end.
        if (asked) this.#processes.forEach(({ child }) => child.kill('SIGKILL'));
        asked = true;
        this.#end(new Interrupted(signal));
      });
    }
  }

  /** Waits for the promise or the end of the demo. Without a promise, waits for the end. */
  guard(promise = new Promise(() => undefined)) {
    return Promise.race([this.#over, promise]);
  }

  /**
   * Starts a Node script with its output in a log, and waits until `url` answers with 2xx. It gets its own process group,
   * so that Ctrl-C reaches only the demo, which stops the processes in order.
   */
  async start(name, script, env, url) {
    const log = openSync(this.#logOf(name), 'a');
    const child = spawn(process.execPath, ['--import', LEASH, script], {
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
      child.once('error', (error) => resolve(error.message));
    });
    // At the end of the demo, `#over` has been settled already.
    void ended.then((how) => this.#end(new Error(`the ${name} ended by itself (${how})`)));
    this.#processes.push({ name, child, ended });
    await this.guard(untilReady(url));
  }

  /** Returns the last lines of every log. */
  logTails() {
    const tails = this.#processes.map(({ name }) => {
      const lines = readFileSync(this.#logOf(name), 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
      return `--- the end of ${name}.log\n${lines.join('\n')}`;
    });
    return tails.join('\n\n');
  }

  /** Stops the processes in the order of their start, so that callers stop first, and removes the folder. */
  async close() {
    for (const { child, ended } of this.#processes) {
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      await ended;
      clearTimeout(insist);
    }
    // The database of a killed service stops, and stops writing, only a moment later.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #logOf(name) {
    return join(this.folder, `${name}.log`);
  }
}

async function untilReady(url) {
  const deadline = performance.now() + READY_LIMIT_MS;
  let last = 'no answer';
  while (performance.now() < deadline) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      await response.text();
      if (response.ok) return;
      last = `status ${response.status}`;
    } catch (error) {
      // Not listening yet.
      last = error.cause?.code ?? error.message;
    }
    await sleep(READY_INTERVAL_MS);
  }
  throw new Error(`${url} was not ready after ${READY_LIMIT_MS / 1000} s (${last})`);
}

/** Returns different free ports of the loopback interface. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map(
      (server) => new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve)),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

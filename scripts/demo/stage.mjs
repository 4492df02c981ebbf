/** The place where the demo happens: a temporary folder, processes on free ports, and an end that leaves nothing behind. */
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

/** Somebody asked the demo to stop: no failure. `exitCode` is what a shell expects of a process that a signal ended. */
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
  /** Rejects when the demo cannot go on: with `Interrupted`, or because a process ended by itself. */
  #over = new Promise((_, reject) => (this.#end = reject));

  constructor() {
    // As root the database runs as another user, who must be able to pass through here.
    chmodSync(this.folder, 0o755);
    // Whoever is in a guarded wait hears of the end; at other times it is no unhandled rejection.
    this.#over.catch(() => undefined);
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        // Who asks twice does not want to wait for a clean end.
        if (asked) this.#processes.forEach(({ child }) => child.kill('SIGKILL'));
        asked = true;
        this.#end(new Interrupted(signal));
      });
    }
  }

  /** Waits for the promise, but not beyond the end of the demo. Without a promise: waits for that end. */
  guard(promise = new Promise(() => undefined)) {
    return Promise.race([this.#over, promise]);
  }

  /**
   * Starts a Node script whose output goes to a log, and waits until `url` answers a GET with 2xx. It has a process group
   * of its own because a Ctrl-C goes to the whole group: the demo alone decides in which order things stop.
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
    // At the end of the demo this is too late to matter: `#over` is settled only once.
    void ended.then((how) => this.#end(new Error(`the ${name} ended by itself (${how})`)));
    this.#processes.push({ name, child, ended });
    await this.guard(untilReady(url));
  }

  /** The last lines of every log: where a failure is explained. */
  logTails() {
    const tails = this.#processes.map(({ name }) => {
      const lines = readFileSync(this.#logOf(name), 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
      return `--- the end of ${name}.log\n${lines.join('\n')}`;
    });
    return tails.join('\n\n');
  }

  /** Stops the processes in the order of their start (what called the others first), and removes the folder. */
  async close() {
    for (const { child, ended } of this.#processes) {
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      await ended;
      clearTimeout(insist);
    }
    // A database whose service was killed takes a moment to follow it, and writes until then.
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
      // Nobody listens yet: what is waited for.
      last = error.cause?.code ?? error.message;
    }
    await sleep(READY_INTERVAL_MS);
  }
  throw new Error(`${url} was not ready after ${READY_LIMIT_MS / 1000} s (${last})`);
}

/** As many ports of the loopback interface as asked for, all different and free a moment ago. */
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

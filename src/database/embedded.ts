import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVIRONMENT, type Home, initialise, locate, programs } from './embedded-install';
import { dropRemnant, identityOf, lives, serverOf, stopServer, until } from './embedded-process';

/** A PostgreSQL server of the service's own, on a free port of the loopback interface. */
export interface EmbeddedPostgres {
  /** Returns the URL of a database; `postgres` exists from the start. */
  readonly url: (database?: string) => string;
  /** The server belongs to another process and will end with it. */
  readonly attached: boolean;
  /** The data folder; differs from the wanted one if the server's account cannot reach that. */
  readonly dataDir: string;
  /** Stops the server if it is this process's own, and waits until it is gone; may be called again. */
  readonly stop: () => Promise<void>;
}

/** How long a live owner may take until its server is ready. */
const PATIENCE_MS = 60_000;

/**
 * Starts PostgreSQL on a data folder, also as root; the first start creates the folder. The server ends with this process,
 * even if that is killed. The next start stops a server that is still running, and continues with its data. If a live process
 * owns the folder, its server is shared.
 *
 * @param flags further arguments of `postgres`, such as `-c`, `max_connections=300`
 * @param native folder with the programs of another version, whose data must be of that version
 * @throws Error with one line that gives the cause and the last lines of the server's log
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  flags: string[] = [],
  native?: string,
): Promise<EmbeddedPostgres> {
  const home = locate(resolve(dataDir));
  const bin = programs(home.account, native);
  const self = identityOf(process.pid)!;
  await initialise(home, bin, self);

  let found: EmbeddedPostgres | undefined;
  const claimed = await until(() => claim(home, self) || !!(found = shared(home)), PATIENCE_MS);
  if (found) return found;
  if (!claimed) throw new Error(`the server in ${home.folder} is not ready, and process ${ownerOf(home)} owns it`);
  try {
    await stopServer(home.pgdata); // A killed owner may have left one.
    return await launch(home, bin, self, flags);
  } catch (error) {
    pass(home, self, 'none');
    throw error;
  }
}

/**
 * The file whose name holds the owner. Taking over is one atomic rename, so one of several processes that find a dead
 * owner's name succeeds.
 */
const ownerFile = ({ cluster }: Home, owner: string) => join(cluster, `owner.${owner}`);

const ownerOf = ({ cluster }: Home) =>
  readdirSync(cluster)
    .find((name) => name.startsWith('owner.'))
    ?.slice('owner.'.length);

/** Takes over the folder unless a live process owns it; returns false also if another process was faster. */
function claim(home: Home, self: string): boolean {
  const owner = ownerOf(home);
  return !!owner && !lives(owner) && pass(home, owner, self);
}

function pass(home: Home, from: string, to: string): boolean {
  try {
    renameSync(ownerFile(home, from), ownerFile(home, to));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}

/** Returns the server of the folder's owner once it is ready. A server that a dead owner left is about to be stopped. */
function shared(home: Home): EmbeddedPostgres | undefined {
  const server = serverOf(home.pgdata);
  if (!server?.ready || server.owner !== ownerOf(home)) return undefined;
  return handle(home, server.port, true, () => Promise.resolve());
}

function handle(home: Home, port: number, attached: boolean, stop: () => Promise<void>): EmbeddedPostgres {
  const password = readFileSync(join(home.cluster, 'password'), 'utf8');
  const url = (database = 'postgres') =>
    `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return { url, attached, dataDir: home.folder, stop };
}

/**
 * Runs the server beside a watcher that reads a pipe from this process. However the process ends, the pipe closes, and the
 * watcher stops the server.
 */
const SUPERVISOR = `
exec 3<&0 >"$2/server.log" 2>&1
"$0" "$@" 3<&- & server=$!
(read _ <&3; kill -INT $server) 2>&- & watcher=$!
wait $server
kill $watcher 2>&-`;

async function launch(home: Home, bin: string, self: string, flags: string[]): Promise<EmbeddedPostgres> {
  const log = join(home.pgdata, 'server.log');
  // Another program may take the port first, or a killed server's last process may linger: try again.
  for (let attempt = 1; attempt <= 4; attempt++) {
    if (attempt > 1) await sleep(250);
    dropRemnant(home.pgdata);
    const port = await freePort();
    const server = supervise(home, bin, ['-p', String(port), '-c', `cluster_name=hookline-${self}`, ...flags]);
    const isReady = () => serverOf(home.pgdata)?.ready === true;
    // Unbounded, as recovery after a crash takes long, and giving up would only make it start over.
    await until(() => server.ended || isReady(), Infinity);
    if (!server.ended && isReady()) {
      let stopping: Promise<void> | undefined;
      const stop = () => server.stop().finally(() => pass(home, self, 'none'));
      return handle(home, port, false, () => (stopping ??= stop()));
    }
    await server.stop();
  }
  const words = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ') : 'no log';
  throw new Error(`PostgreSQL did not start in ${home.folder}: ${words} (see ${log})`);
}

function supervise({ pgdata, account }: Home, bin: string, flags: string[]) {
  const listen = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, join(bin, 'postgres'), '-D', pgdata, ...listen, ...flags], {
    uid: account?.uid,
    gid: account?.gid,
    cwd: '/',
    env: ENVIRONMENT,
    detached: true, // Ctrl-C must reach only this process, which then stops the server.
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  (child.stdin as unknown as Socket).unref();
  let ended = false;
  const end = new Promise<void>((done) => child.once('exit', done).once('error', done)).then(() => void (ended = true));
  return {
    get ended() {
      return ended;
    },
    async stop() {
      child.ref();
      await stopServer(pgdata);
      child.stdin.end();
      await end;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

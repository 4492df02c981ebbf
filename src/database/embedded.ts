import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVIRONMENT, type Home, initialise, programs, settle } from './embedded-install';
import { dropRemnant, identityOf, lives, serverOf, stopServer, until } from './embedded-process';

/** A PostgreSQL of the service's own, on a free port of the loopback interface. */
export interface EmbeddedPostgres {
  /** URL of a database on it; `postgres` exists from the start. */
  readonly url: (database?: string) => string;
  /** Whether it belongs to another process, with which it will end. */
  readonly attached: boolean;
  /** Where its data is: not the wanted folder when the server's account cannot reach that one. */
  readonly dataDir: string;
  /** Ends the server, if it is this process's own, and waits until it is gone; may be called again. */
  readonly stop: () => Promise<void>;
}

/** How long a living owner may take to have its server ready. */
const PATIENCE_MS = 60_000;

/**
 * Starts PostgreSQL on a data folder, which is made with the first start, as root too. It ends with this process, even
 * when that is killed; a start that comes sooner ends it itself and goes on with the same data. When a living process
 * has the folder already, its server is shared.
 *
 * @param flags further arguments of `postgres`, such as `-c`, `max_connections=300`
 * @param native where the programs of another version are, which then finds data of its own
 * @throws Error with one line that names the cause and the server's last words
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  flags: string[] = [],
  native?: string,
): Promise<EmbeddedPostgres> {
  const home = settle(resolve(dataDir));
  const bin = programs(home.account, native);
  const self = identityOf(process.pid)!;
  await initialise(home, bin, self);

  let found: EmbeddedPostgres | undefined;
  const claimed = await until(() => claim(home, self) || !!(found = shared(home)), PATIENCE_MS);
  if (found) return found;
  if (!claimed) throw new Error(`the server in ${home.folder} is not ready, and process ${ownerOf(home)} holds it`);
  try {
    await stopServer(home.pgdata); // That of an owner which was killed.
    return await launch(home, bin, self, flags);
  } catch (error) {
    pass(home, self, 'none');
    throw error;
  }
}

/**
 * The name of one file in the cluster tells the owner, so that taking it over is one atomic renaming: of several
 * processes that find a dead owner's name, one succeeds.
 */
const ownerFile = ({ cluster }: Home, owner: string) => join(cluster, `owner.${owner}`);

const ownerOf = ({ cluster }: Home) =>
  readdirSync(cluster)
    .find((name) => name.startsWith('owner.'))
    ?.slice('owner.'.length);

/** Takes the folder unless a living process has it; false also when another one was faster. */
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

/** The server of the folder's owner, once it is ready; one that a dead owner left behind is about to be stopped. */
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
 * Runs the server beside a watcher, which reads the pipe from this process: the pipe closes however the process ends,
 * and then the watcher asks the server to stop.
 */
const SUPERVISOR = `
exec 3<&0 >"$2/server.log" 2>&1
"$0" "$@" 3<&- & server=$!
(read _ <&3; kill -INT $server) 2>&- & watcher=$!
wait $server
kill $watcher 2>&-`;

async function launch(home: Home, bin: string, self: string, flags: string[]): Promise<EmbeddedPostgres> {
  const log = join(home.pgdata, 'server.log');
  // Another program may take the port before the server has it, and a killed server's last process may linger: try again.
  for (let attempt = 1; attempt <= 4; attempt++) {
    if (attempt > 1) await sleep(250);
    dropRemnant(home.pgdata);
    const port = await freePort();
    const server = supervise(home, bin, ['-p', String(port), '-c', `cluster_name=hookline-${self}`, ...flags]);
    const isReady = () => serverOf(home.pgdata)?.ready === true;
    // Without a bound: recovery after a crash takes its time, and giving up would only make it begin anew.
    await until(() => server.ended || isReady(), Infinity);
    if (!server.ended && isReady()) {
      let stopping: Promise<void> | undefined;
      const stop = () => server.stop().finally(() => pass(home, self, 'none'));
      return handle(home, port, false, () => (stopping ??= stop()));
    }
    await server.stop();
  }
  const words = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ') : 'without a word';
  throw new Error(`PostgreSQL did not start in ${home.folder}: ${words} (see ${log})`);
}

function supervise({ pgdata, account }: Home, bin: string, flags: string[]) {
  const listen = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, join(bin, 'postgres'), '-D', pgdata, ...listen, ...flags], {
    uid: account?.uid,
    gid: account?.gid,
    cwd: '/',
    env: ENVIRONMENT,
    detached: true, // Ctrl-C is for this process, which then stops the server in its own time.
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

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/database/embedded';
import { execute } from '../../support/postgres';
import { eventually } from '../../support/poll';
import { freePort } from '../../support/service';

const FLAGS = ['max_connections=60', 'jit=off', 'shared_buffers=128MB'];
const START_MS = 60_000;

/** A PostgreSQL server of one scenario, which can be stopped, crashed, copied and restarted, each time on a new port. */
export class Server {
  private constructor(
    private readonly folder: string,
    private readonly flags: readonly string[],
    private running: EmbeddedPostgres,
  ) {}

  /** @param flags settings such as `max_connections=20`, beside the usual ones. */
  static async start(...flags: string[]): Promise<Server> {
    const folder = newFolder();
    const all = [...FLAGS, ...flags];
    return new Server(folder, all, await startOn(folder, all));
  }

  get url(): string {
    return this.running.url();
  }

  /** Its folder, as `EMBEDDED_DATA_DIR` names one. */
  get dataDir(): string {
    return this.running.dataDir;
  }

  /** Copies a file into its data folder. */
  putFile(name: string, source: string): void {
    writeOwned(this.pgdata, name, readFileSync(source, 'utf8'));
  }

  /** Puts lines before the access rules of pg_hba.conf, which apply after a reload. */
  allow(...lines: string[]): void {
    const old = readFileSync(join(this.pgdata, 'pg_hba.conf'), 'utf8');
    writeOwned(this.pgdata, 'pg_hba.conf', [...lines, old].join('\n'));
  }

  private get pgdata(): string {
    return join(this.dataDir, 'cluster', 'pgdata');
  }

  /** Shuts it down with all connections, and waits for the end. */
  async stop(): Promise<void> {
    await this.running.stop();
  }

  /** Shuts it down immediately: nothing more is written, and the next start recovers from the log. */
  async crash(): Promise<void> {
    process.kill(pidOf(this.running.dataDir), 'SIGQUIT');
    await this.running.stop(); // Waits for the end.
  }

  async startAgain(): Promise<void> {
    this.running = await startOn(this.folder, this.flags);
  }

  /**
   * Starts a standby of this server. Commits wait for it from now on, so that none is lost at a promotion. The packages have
   * no pg_basebackup, so its steps are done here.
   */
  async standby(): Promise<Standby> {
    const port = await freePort();
    const folder = newFolder();
    const [from, to] = [join(this.running.dataDir, 'cluster'), join(folder, 'cluster')];
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      await client.query(`SELECT pg_backup_start('standby', fast => true)`);
      mkdirSync(to);
      chmodSync(to, 0o711);
      copyFileSync(join(from, 'password'), join(to, 'password'));
      writeFileSync(join(to, 'owner.none'), '');
      copy(join(from, 'pgdata'), join(to, 'pgdata'));
      const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop()');
      writeOwned(join(to, 'pgdata'), 'backup_label', rows[0].labelfile);
      writeOwned(join(to, 'pgdata'), 'standby.signal', '');
    } finally {
      await client.end();
    }
    const primary = new URL(this.url);
    const source = `host=${primary.hostname} port=${primary.port} user=${primary.username} password=${primary.password}`;
    const flags = [...this.flags, `port=${port}`, `primary_conninfo=${source}`];
    const standby = new Standby(folder, `${primary.hostname}:${port}`, startOn(folder, flags));
    await eventually(
      async () =>
        expect(await rowsOf(this.url, `SELECT state FROM pg_stat_replication`)).toEqual([{ state: 'streaming' }]),
      { timeoutMs: START_MS },
    );
    await execute(this.url, `ALTER SYSTEM SET synchronous_standby_names = '*'`, 'SELECT pg_reload_conf()');
    return standby;
  }

  async remove(): Promise<void> {
    await this.running.stop();
    for (const place of [this.running.dataDir, this.folder]) rmSync(place, { recursive: true, force: true });
  }
}

/** A server that replicates another one until it is promoted. */
export class Standby {
  private promoted?: EmbeddedPostgres;

  constructor(
    private readonly folder: string,
    /** Name and port at which it listens, before and after its promotion. */
    readonly host: string,
    // A start completes when the server accepts writes.
    private readonly starting: Promise<EmbeddedPostgres>,
  ) {}

  /** Makes it the primary, and returns its URL. */
  async promote(): Promise<string> {
    // As `pg_ctl promote` does it.
    const pgdata = join(this.folder, 'cluster', 'pgdata');
    writeOwned(pgdata, 'promote', '');
    process.kill(pidOf(this.folder), 'SIGUSR1');
    this.promoted = await this.starting;
    // The launcher chose another port, which the flags of the standby override.
    const url = new URL(this.promoted.url());
    url.host = this.host;
    return url.href;
  }

  async remove(): Promise<void> {
    if (!this.promoted) await this.promote();
    await this.promoted!.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-chaos-'));
  chmodSync(folder, 0o711); // Root's server runs under another account.
  return folder;
}

const startOn = (folder: string, flags: readonly string[]) =>
  startEmbeddedPostgres(
    folder,
    flags.flatMap((flag) => ['-c', flag]),
  );

const pidOf = (folder: string) =>
  Number(readFileSync(join(folder, 'cluster', 'pgdata', 'postmaster.pid'), 'utf8').split('\n')[0]);

/** Copies a running server, whose files come and go; the log has what matters. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  const faults = stderr.split('\n').filter((line) => line && !line.includes('No such file or directory'));
  if (status !== 0 && faults.length > 0) throw new Error(faults.join('; '));
  rmSync(join(to, 'postmaster.pid'), { force: true });
}

function writeOwned(pgdata: string, name: string, content: string): void {
  const file = join(pgdata, name);
  writeFileSync(file, content, { mode: 0o600 });
  const { uid, gid } = statSync(pgdata);
  chownSync(file, uid, gid);
}

async function rowsOf(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

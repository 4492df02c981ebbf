import { transformFileSync } from '@swc/core';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded';
import { eventually } from '../support/poll';

/** The message of a service in another process about its server. */
type Message = Pick<EmbeddedPostgres, 'attached' | 'dataDir'> & { readonly url: string };

const asRoot = process.getuid?.() === 0 ? it : it.skip;
const onLinux = process.platform === 'linux' ? it : it.skip;

describe('The embedded PostgreSQL', () => {
  let root: string;
  let folder: string;
  let program: string;
  const services: ChildProcess[] = [];
  const servers: EmbeddedPostgres[] = [];

  beforeAll(() => {
    root = fs.mkdtempSync(join(tmpdir(), 'hookline-embedded-'));
    fs.chmodSync(root, 0o711); // A server of root runs under another account.
    program = writeProgram(root);
  });

  beforeEach(() => {
    folder = join(fs.mkdtempSync(join(root, 'case-')), 'postgres');
    fs.chmodSync(dirname(folder), 0o711);
  });

  afterEach(async () => {
    await Promise.all(services.splice(0).map(kill));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    // The server of a killed service takes a moment to end.
    await eventually(() => expect(fs.existsSync(pidFile())).toBe(false));
  });

  afterAll(() => fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

  const pidFile = () => join(folder, 'cluster/pgdata/postmaster.pid');
  const postmaster = () => Number(fs.readFileSync(pidFile(), 'utf8').split('\n')[0]);

  async function start(flags?: string[]): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres(folder, flags);
    servers.push(server);
    return server;
  }

  function service(): ChildProcess {
    const child = fork(program, [folder], { env: { ...process.env, NODE_PATH: resolve('node_modules') } });
    services.push(child);
    return child;
  }

  async function messageOf(child: ChildProcess): Promise<Message> {
    const [message] = (await once(child, 'message')) as [Message];
    return message;
  }

  async function stop(child: ChildProcess): Promise<void> {
    const exit = once(child, 'exit');
    child.send('stop');
    await exit;
  }

  it('keeps its data from one start to the next', async () => {
    const first = await start();
    await query(first.url(), `CREATE TABLE note AS SELECT 'Grüße, 世界'::text AS text`);
    await first.stop();
    await expect(query(first.url(), 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);

    const second = await start();
    expect(second.attached).toBe(false);
    expect(await query(second.url(), 'SELECT text FROM note')).toEqual([{ text: 'Grüße, 世界' }]);
  });

  it('is durable, uses UTF-8 and requires its password', async () => {
    const { url } = await start();
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding', 'listen_addresses'];
    const rows = await query(
      url(),
      `SELECT setting FROM unnest('{${settings.join()}}'::text[]) WITH ORDINALITY AS wanted (name, n)
                                     JOIN pg_settings USING (name) ORDER BY n`,
    );
    expect(rows.map((row) => row.setting)).toEqual(['on', 'on', 'on', 'UTF8', '127.0.0.1']);

    const stranger = new URL(url());
    stranger.password = 'guessed';
    await expect(query(stranger.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('ends when its service is killed', async () => {
    const victim = service();
    const { url } = await messageOf(victim);
    await kill(victim);
    await eventually(() => expect(query(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/));
    await eventually(() => expect(fs.existsSync(pidFile())).toBe(false));
  });

  it('has everything that was committed when it is restarted right after a kill', async () => {
    const victim = service();
    const { url } = await messageOf(victim);
    const writer = new Client({ connectionString: url });
    writer.on('error', () => undefined); // Its server is killed below.
    await writer.connect();
    await writer.query('CREATE TABLE number (n int)');
    for (let n = 1; n <= 100; n++) await writer.query('INSERT INTO number VALUES ($1)', [n]);
    await writer.query('BEGIN; INSERT INTO number VALUES (101)');
    victim.kill('SIGKILL');

    const next = await start();
    expect(next.attached).toBe(false);
    expect(await query(next.url(), 'SELECT count(*)::int, max(n) FROM number')).toEqual([{ count: 100, max: 100 }]);
  });

  it('waits for an old server that is slow to end', async () => {
    const victim = service();
    const { url } = await messageOf(victim);
    await query(url, 'CREATE TABLE kept ()');
    const old = postmaster();
    process.kill(old, 'SIGSTOP');
    await kill(victim);

    const starting = start();
    await eventually(() => expect(fs.readdirSync(join(folder, 'cluster'))).toContainEqual(ownedBy(process.pid)));
    expect(postmaster()).toBe(old);
    process.kill(old, 'SIGCONT');
    await query((await starting).url(), 'SELECT * FROM kept');
    expect(postmaster()).not.toBe(old);
  });

  onLinux('replaces a server that has outlived its service', async () => {
    const victim = service();
    const { url } = await messageOf(victim);
    await query(url, 'CREATE TABLE kept ()');
    const old = postmaster();
    const [shell] = childrenOf(victim.pid!);
    const watchers = childrenOf(shell).filter((pid) => pid !== old);
    for (const pid of [...watchers, shell]) process.kill(pid, 'SIGKILL');
    await kill(victim);
    await query(url, 'SELECT * FROM kept');

    const next = await start();
    await query(next.url(), 'SELECT * FROM kept');
    expect(postmaster()).not.toBe(old);
  });

  it('recovers when it was killed along with its service', async () => {
    const victim = service();
    const { url } = await messageOf(victim);
    await query(url, 'CREATE TABLE kept ()');
    process.kill(postmaster(), 'SIGKILL');
    victim.kill('SIGKILL');

    await query((await start()).url(), 'SELECT * FROM kept');
  });

  it('is shared with a second service, which leaves it running when it stops', async () => {
    const owner = await start();
    const guest = service();
    expect(await messageOf(guest)).toEqual({ url: owner.url(), attached: true, dataDir: owner.dataDir });
    await stop(guest);
    await query(owner.url(), 'SELECT 1');
  });

  it('passes to the next service when its owner stops', async () => {
    const first = service();
    await query((await messageOf(first)).url, 'CREATE TABLE kept ()');
    await stop(first);
    const next = await start();
    expect(next.attached).toBe(false);
    await query(next.url(), 'SELECT * FROM kept');
  });

  it('is set up once when several services start at the same time', async () => {
    const answers = await Promise.all([service(), service(), service()].map(messageOf));
    expect(answers.filter((answer) => !answer.attached)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.url)).size).toBe(1);
    await query(answers[0].url, 'SELECT 1');

    // After all of them are killed, one new service takes over.
    await Promise.all(services.splice(0).map(kill));
    const heirs = await Promise.all([service(), service(), service()].map(messageOf));
    expect(heirs.filter((answer) => !answer.attached)).toHaveLength(1);
    await query(heirs[0].url, 'SELECT 1');
  });

  it('starts from scratch after a first start that was killed half-way', async () => {
    const victim = service();
    const drafts = () => fs.readdirSync(folder).filter((name) => name.startsWith('draft.'));
    await eventually(() => expect(fs.readdirSync(join(folder, drafts()[0], 'pgdata'))).toContain('base'));
    await kill(victim);
    expect(fs.existsSync(join(folder, 'cluster'))).toBe(false);

    const server = await start();
    await query(server.url(), 'SELECT 1');
    await server.stop();
    await start();
    expect(fs.readdirSync(folder)).toEqual(['cluster']);
  });

  it('is not misled by a stale process id that another program now has', async () => {
    await (await start()).stop();
    const pgdata = dirname(pidFile());
    const { uid, gid } = fs.statSync(pgdata);
    const other = spawn('/bin/sh', ['-c', 'read _'], { uid, gid, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
    services.push(other);
    fs.writeFileSync(pidFile(), `${other.pid}\n${pgdata}\n1700000000\n5432\n\n127.0.0.1\n0 0\nready   \n`);
    fs.chownSync(pidFile(), uid, gid);

    await query((await start()).url(), 'SELECT 1');
    expect(other.exitCode).toBeNull();
  });

  it('explains in one line why it does not start, and starts after the fix', async () => {
    const fault = /^PostgreSQL did not start in \S+: .*unrecognized configuration parameter "nonsense".*$/;
    await expect(start(['-c', 'nonsense=1'])).rejects.toThrow(fault);
    await query((await start()).url(), 'SELECT 1');
  });

  asRoot('uses a stable folder of its own when its account cannot reach the given one', async () => {
    fs.chmodSync(dirname(folder), 0o700);
    const first = await start();
    try {
      expect(first.dataDir).not.toContain(root);
      await query(first.url(), 'CREATE TABLE kept ()');
      await first.stop();
      const second = await start();
      expect(second.dataDir).toBe(first.dataDir);
      await query(second.url(), 'SELECT * FROM kept');
      await second.stop();
    } finally {
      fs.rmSync(first.dataDir, { recursive: true });
    }
  });
});

/** Writes the compiled launcher, and a service that only holds its server. */
function writeProgram(root: string): string {
  const sources = resolve('src/database');
  for (const file of fs.readdirSync(sources).filter((name) => name.startsWith('embedded')))
    fs.writeFileSync(join(root, file.replace(/ts$/, 'js')), transformFileSync(join(sources, file)).code);
  const program = join(root, 'service.js');
  fs.writeFileSync(
    program,
    `const { startEmbeddedPostgres } = require('./embedded');
     process.on('message', () => server.then(({ stop }) => stop()).then(() => process.disconnect()));
     const server = startEmbeddedPostgres(process.argv[2]);
     server.then(({ url, attached, dataDir }) => process.send({ url: url(), attached, dataDir }));`,
  );
  return program;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Kills a process and waits for its end. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const ownedBy = (pid: number): unknown => expect.stringMatching(`^owner\\.${pid}-`);

function childrenOf(parent: number): number[] {
  const parentOf = (pid: string) =>
    Number(/^PPid:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => fs.existsSync(`/proc/${pid}/status`) && parentOf(pid) === parent).map(Number);
}

import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseDatabaseUrl } from '../../src/config/database-url';
import { ConfigurationError, loadConfig } from '../../src/config/load';
import { Connector } from '../../src/database/connector';
import { DatabaseServer } from '../../src/database/server';
import { Server } from '../faults/harness/server';
import { startService } from '../support/fixture';
import { eventually } from '../support/poll';
import { execute } from '../support/postgres';
import { BUILD_MS, builtService, ServiceProcess } from '../support/process';

const CERTIFICATES = resolve('test/support/tls');
const certificate = (name: string) => join(CERTIFICATES, name);
const CA = `sslrootcert=${certificate('ca.crt')}`;
const WRONG_CA = `sslrootcert=${certificate('other-ca.crt')}`;
const CLIENT = `sslcert=${certificate('client.crt')}&sslkey=${certificate('client.key')}`;

/** Connects as the service does; returns whether the session is encrypted. */
async function isEncrypted(url: string): Promise<boolean> {
  const connector = new Connector(url);
  await connector.adapt({ application_name: 'test' });
  const client = connector.client();
  await client.connect();
  try {
    const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return rows[0].ssl;
  } finally {
    await client.end();
  }
}

describe('A database URL', () => {
  it.each<[string, object]>([
    ['postgres://u:p@h:6000/db', { user: 'u', password: 'p', host: 'h', port: 6000, database: 'db' }],
    ['postgresql://h', { host: 'h', user: undefined, port: undefined, database: undefined }],
    ['postgres://u:p@/db?host=/run/postgresql', { user: 'u', password: 'p', host: '/run/postgresql', database: 'db' }],
    ['postgres:///db?host=/run/postgresql&port=6000', { host: '/run/postgresql', port: 6000, database: 'db' }],
    ['postgres://u@%2Frun%2Fpostgresql/db', { user: 'u', host: '/run/postgresql', database: 'db' }],
    ['postgres://u@%2Frun%2Fpostgresql:6000/db', { host: '/run/postgresql', port: 6000 }],
    [
      'postgres:///?host=h&port=6000&user=u&password=p&dbname=db',
      { host: 'h', port: 6000, user: 'u', password: 'p', database: 'db' },
    ],
    ['postgres://u:p@[::1]:6000/db', { host: '::1', port: 6000 }],
    ['postgres://u:a%40b%2F%3A%23@h/d%20b', { password: 'a@b/:#', database: 'd b' }],
    ['postgres://u:a#b:c@d@h/db', { user: 'u', password: 'a#b:c@d', host: 'h' }],
    ['postgres://u:50%@h/db', { password: '50%' }],
    [
      'postgres://h/db?options=-c%20search_path%3Dmine&application_name=ours',
      { options: '-c search_path=mine', application_name: 'ours' },
    ],
  ])('is parsed as libpq parses it: %s', (url, parts) => {
    const { hosts, ...rest } = parseDatabaseUrl(url, {});
    expect(hosts).toHaveLength(1);
    expect({ ...rest, ...hosts[0] }).toMatchObject(parts);
  });

  it.each([
    ['postgres://u:p@a:1,b:2,[::1]:3/db?target_session_attrs=read-write', ['a:1', 'b:2', '::1:3']],
    ['postgres://a,b:2', ['a:undefined', 'b:2']],
    ['postgres:///db?host=a,b&port=6000', ['a:6000', 'b:6000']],
    ['postgres:///db?host=a,b&port=1,2&target_session_attrs=primary', ['a:1', 'b:2']],
  ])('names several hosts as libpq reads them: %s', (url, names) => {
    expect(parseDatabaseUrl(url, {}).hosts.map(({ host, port }) => `${host}:${port}`)).toEqual(names);
  });

  it.each([
    ['postgres://h/db', 'prefer'],
    ['postgres://h/db?ssl=true', 'require'],
    ['postgres://h/db?ssl=0', 'disable'],
    ['postgres://h/db?sslrootcert=system', 'verify-full'],
    ['postgres:///db?host=/run&sslmode=require', 'disable'],
  ])('determines the TLS mode: %s', (url, mode) => {
    expect(parseDatabaseUrl(url, {}).tls.mode).toBe(mode);
  });

  it('takes precedence over the environment, which fills in missing parameters', () => {
    const env = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/ca' };
    expect(parseDatabaseUrl('postgres://h/db', env).tls).toMatchObject({ mode: 'verify-full', sslrootcert: '/ca' });
    expect(parseDatabaseUrl('postgres://h/db?sslmode=disable', env).tls.mode).toBe('disable');
  });

  (process.getuid?.() === 0 ? it : it.skip)(
    'is valid for an account that has no home folder, as clusters assign them',
    async () => {
      await builtService();
      const load = `require(${JSON.stringify(resolve('dist/src/config/load.js'))}).loadConfig`;
      const script = `const load = ${load}; process.setuid(54321); load({ DATABASE_URL: 'postgres://h/db' })`;
      await expect(promisify(execFile)(process.execPath, ['-e', script], { env: {} })).resolves.toBeDefined();
    },
    BUILD_MS,
  );

  it.each([
    ['sslmode=enable', /^DATABASE_URL has sslmode=enable, which must be one of disable, /],
    ['sslmode=require&sslrootcert=/no/such.crt', /sslrootcert=\/no\/such\.crt, which cannot be read \(ENOENT\)/],
    ['sslmode=require&sslcert=/no/such.crt', /sslcert=\/no\/such\.crt, which cannot be read/],
    [`sslmode=require&sslcert=${certificate('client.crt')}`, /sslcert, which needs its key/],
    [
      `sslmode=require&sslcert=${certificate('client.crt')}&sslkey=${certificate('server.key')}`,
      /sslkey that cannot be used/,
    ],
    [
      `sslmode=require&sslrootcert=${resolve('package.json')}`,
      /sslrootcert that cannot be used: it is not in PEM format/,
    ],
    ['sslmode=verify-ca', /verify-ca, which needs the root certificate: set sslrootcert to its file/],
    ['sslmode=require&sslrootcert=system', /sslrootcert=system, which needs sslmode=verify-full/],
    ['sslmode=prefer&sslnegotiation=direct', /sslnegotiation=direct, which needs sslmode=require/],
    ['port=0', /has a port that is not a number from 1 to 65535/],
    ['host=a,b&port=1,2,3', /names 2 hosts and 3 ports/],
    ['host=a,/run/postgresql', /names a socket folder beside other hosts/],
    [
      'target_session_attrs=standby',
      /target_session_attrs=standby, but only a primary accepts changes: use read-write/,
    ],
    ['hostaddr=10.0.0.1', /has hostaddr, which is not supported/],
  ])('that is invalid stops the start with one line: %s', (query, line) => {
    const load = () => loadConfig({ DATABASE_URL: `postgres://u:hunter2@h/db?${query}` });
    expect(load).toThrow(ConfigurationError);
    expect(load).toThrow(line);
    expect(load).not.toThrow(/hunter2/);
  });
});

describe('A server with TLS', () => {
  let server: Server;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hookline-socket-'));
    chmodSync(folder, 0o777);
    server = await Server.start(`unix_socket_directories=${folder}`);
    for (const name of ['ca.crt', 'server.crt', 'server.key']) server.putFile(name, certificate(name));
    server.allow(
      'hostnossl all encrypted all reject',
      'hostssl all insecure all reject',
      'hostssl all certified all cert',
      'host all encrypted,insecure,trusted all trust',
      'local all trusted trust',
    );
    await execute(
      server.url,
      'CREATE ROLE trusted LOGIN SUPERUSER',
      'CREATE ROLE encrypted LOGIN SUPERUSER',
      'CREATE ROLE certified LOGIN',
      'CREATE ROLE insecure LOGIN SUPERUSER',
      `ALTER SYSTEM SET ssl_ca_file = 'ca.crt'`,
      'ALTER SYSTEM SET ssl = on',
      'SELECT pg_reload_conf()',
    );
    await eventually(async () => expect(await isEncrypted(server.url)).toBe(true));
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  /** Returns the URL of the server with another host, account and parameters. */
  const url = (query: string, { host = 'localhost', user = 'trusted' } = {}) => {
    const { port } = new URL(server.url);
    return `postgres://${user}@${host}:${port}/postgres?${query}`;
  };

  it.each<[string, boolean]>([
    ['', true],
    ['sslmode=disable', false],
    ['sslmode=allow', false],
    ['sslmode=prefer', true],
    [`sslmode=prefer&${WRONG_CA}`, true],
    ['sslmode=require', true],
    [`sslmode=require&${CA}`, true],
    [`sslmode=verify-ca&${CA}`, true],
    [`sslmode=verify-full&${CA}`, true],
    ['sslmode=require&sslnegotiation=postgres', true],
  ])('is connected to with "%s" (encrypted: %s)', async (query, encrypted) => {
    expect(await isEncrypted(url(query))).toBe(encrypted);
  });

  it.each([
    [`sslmode=require&${WRONG_CA}`, 'localhost'],
    [`sslmode=verify-ca&${WRONG_CA}`, 'localhost'],
    [`sslmode=verify-full&${WRONG_CA}`, 'localhost'],
    ['sslmode=verify-full', 'localhost'],
    ['sslrootcert=system', 'localhost'],
    [`sslmode=verify-full&${CA}`, '127.0.0.1'],
  ])('that cannot be verified with "%s" at %s is not connected to', async (query, host) => {
    await expect(isEncrypted(url(query, { host }))).rejects.toThrow(/^TLS with the database failed \(sslmode=/);
  });

  it('is found behind a host that cannot be reached', async () => {
    const { port } = new URL(server.url);
    expect(await isEncrypted(`postgres://trusted@localhost:1,localhost:${port}/postgres`)).toBe(true);
  });

  it('needs no matching host name for verify-ca or require', async () => {
    for (const mode of ['verify-ca', 'require'])
      expect(await isEncrypted(url(`sslmode=${mode}&${CA}`, { host: '127.0.0.1' }))).toBe(true);
  });

  it('that requires or refuses encryption is reached with allow, with prefer and without a mode', async () => {
    for (const query of ['', 'sslmode=allow', 'sslmode=prefer']) {
      expect(await isEncrypted(url(query, { user: 'encrypted' }))).toBe(true);
      expect(await isEncrypted(url(query, { user: 'insecure' }))).toBe(false);
    }
    await expect(isEncrypted(url('sslmode=disable', { user: 'encrypted' }))).rejects.toThrow(/pg_hba/);
    await expect(isEncrypted(url('sslmode=require', { user: 'insecure' }))).rejects.toThrow(/pg_hba/);
  });

  it('authenticates an account by its client certificate', async () => {
    expect(await isEncrypted(url(`sslmode=verify-full&${CA}&${CLIENT}`, { user: 'certified' }))).toBe(true);
    await expect(isEncrypted(url(`sslmode=verify-full&${CA}`, { user: 'certified' }))).rejects.toThrow(/certificate/);
  });

  it('is reached with a client key that a password protects', async () => {
    const key = join(folder, 'locked.key');
    const locked = createPrivateKey(readFileSync(certificate('client.key')));
    writeFileSync(key, locked.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pass' }));
    const files = `${CA}&sslcert=${certificate('client.crt')}&sslkey=${key}`;
    const query = (password: string) => `sslmode=verify-full&${files}&sslpassword=${password}`;
    expect(await isEncrypted(url(query('pass'), { user: 'certified' }))).toBe(true);
    expect(() => loadConfig({ DATABASE_URL: url(query('guess')) })).toThrow(
      /has a file for sslkey that cannot be used/,
    );
  });

  it(
    'is verified by root.crt in the home folder when the URL names no file',
    async () => {
      await builtService();
      mkdirSync(join(folder, '.postgresql'));
      copyFileSync(certificate('other-ca.crt'), join(folder, '.postgresql/root.crt'));
      const start = ServiceProcess.start({ DATABASE_URL: url('sslmode=require'), HOME: folder });
      await expect(start).rejects.toThrow(/TLS with the database failed \(sslmode=require\)/);
    },
    BUILD_MS,
  );

  it('is reached by its socket without encryption', async () => {
    const { port } = new URL(server.url);
    const socket = encodeURIComponent(folder);
    for (const form of [
      `postgres://trusted:any@/postgres?host=${folder}&port=${port}`,
      `postgres:///postgres?host=${socket}&port=${port}&user=trusted&sslmode=verify-full`,
      `postgres://trusted@${socket}:${port}/postgres`,
    ])
      expect(await isEncrypted(form)).toBe(false);
  });

  it('that is embedded ignores PGSSLMODE', async () => {
    const embedded = new DatabaseServer(loadConfig({ EMBEDDED_DATA_DIR: server.dataDir }));
    process.env.PGSSLMODE = 'verify-full';
    try {
      await embedded.start();
      await expect(embedded.connector.adapt({})).resolves.toBeUndefined();
    } finally {
      delete process.env.PGSSLMODE;
      await embedded.stop();
    }
  });

  it('serves the whole service over TLS', async () => {
    const service = await startService({}, url(`sslmode=verify-full&${CA}`));
    expect((await service.call('GET', '/task')).status).toBe(200);
    const sessions = await service.query<{ ssl: boolean }>(
      `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'hookline%'`,
    );
    expect(new Set(sessions.map(({ ssl }) => ssl))).toEqual(new Set([true]));
  });

  it('that has no TLS is reached without it, unless TLS is required', async () => {
    await execute(server.url, 'ALTER SYSTEM SET ssl = off', 'SELECT pg_reload_conf()');
    await eventually(async () => expect(await isEncrypted(url(''))).toBe(false));
    for (const query of ['sslmode=prefer', 'sslmode=allow']) expect(await isEncrypted(url(query))).toBe(false);
    for (const query of ['sslmode=require', `sslmode=verify-full&${CA}`])
      await expect(isEncrypted(url(query))).rejects.toThrow(/^TLS .* does not support SSL/);
  });
});

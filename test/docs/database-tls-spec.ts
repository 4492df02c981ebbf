import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connector } from '../../src/database/connector';
import { Server } from '../faults/harness/server';
import { eventually } from '../support/poll';
import { execute } from '../support/postgres';
import { blocksOf, expectAnswer } from './page';

const PAGE = 'docs/database-tls.md';
const NAME = 'db.example.com';
const blocks = blocksOf(PAGE);
const textsIn = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);

/** The page needs `-copy_extensions`. */
function hasOpenssl3(): boolean {
  try {
    return /^OpenSSL [3-9]/.test(execFileSync('openssl', ['version'], { encoding: 'utf8' }));
  } catch {
    return false;
  }
}
const withOpenssl = hasOpenssl3() ? it : it.skip;
if (withOpenssl === it.skip) process.stderr.write(`The commands of ${PAGE} are not run: there is no OpenSSL 3.\n`);

describe('The page on TLS to the database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-tls-'));
  let server: Server | undefined;
  afterAll(async () => {
    await server?.remove();
    rmSync(folder, { recursive: true });
  });

  withOpenssl('works as written, and shows what a wrong certificate leads to', async () => {
    const [commands] = textsIn('sh');
    await promisify(execFile)('sh', ['-ec', commands.replaceAll(NAME, 'localhost')], { cwd: folder });
    server = await Server.start();
    for (const name of ['server.crt', 'server.key']) server.putFile(name, join(folder, name));
    await execute(server.url, ...textsIn('sql')[0].trim().split('\n'));

    const [url, faults] = textsIn('text').map((text) => text.trim());
    const { username, password, port } = new URL(server.url);
    /** Connects by the URL of the page to this server, under a name and with a root certificate. */
    const connect = async (host: string, ca: string) => {
      const own = url
        .replace('DATABASE_URL=', '')
        .replace(`user:password@${NAME}:5432/database`, `${username}:${password}@${host}:${port}/postgres`)
        .replace('/etc/hookline/ca.crt', ca);
      const connector = new Connector(own);
      await connector.adapt({ application_name: 'test' });
      const client = connector.client();
      await client.connect();
      const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      await client.end();
      return rows[0].ssl;
    };
    const ca = join(folder, 'ca.crt');
    await eventually(async () => expect(await connect('localhost', ca)).toBe(true));
    const fault = (host: string, root: string) => connect(host, root).then(String, (error: Error) => error.message);
    const [otherAuthority, otherName] = faults.split('\n');
    expectAnswer(await fault('localhost', 'test/support/tls/other-ca.crt'), otherAuthority);
    expectAnswer(await fault('127.0.0.1', ca), otherName);
  });
});

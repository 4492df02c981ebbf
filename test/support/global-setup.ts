import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/database/embedded';
import { identityOf, lives } from '../../src/database/embedded-process';
import { Connector } from '../../src/database/connector';
import { migrate } from '../../src/database/migrate';
import { announce, databaseUrl, execute } from './postgres';

declare global {
  var removeTestServer: () => Promise<void>;
}

/** Provides the whole run with one PostgreSQL server and a migrated template on it (see `cloneDatabase`). */
export default async function globalSetup(): Promise<void> {
  const server = process.env.DATABASE_URL ? existing(process.env.DATABASE_URL) : await embedded();
  const template = `hookline_template_${process.pid}`;
  await execute(server.url, `CREATE DATABASE ${template}`);
  globalThis.removeTestServer = async () => {
    await execute(server.url, `DROP DATABASE ${template} WITH (FORCE)`);
    await server.remove();
  };
  await migrate(new Connector(databaseUrl(server.url, template)));
  // A template with connections cannot be copied, so from now on nothing may connect.
  await execute(server.url, `ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false`);
  announce({ url: server.url, template });
}

const existing = (url: string) => ({ url, remove: () => Promise.resolve() });

/**
 * Tests kill services and connections, never the machine, so nothing is lost without fsync, and commits do not wait for
 * the disk. Everything else about commits is as in production.
 */
const FLAGS = ['fsync=off', 'full_page_writes=off', 'max_connections=300', 'shared_buffers=256MB', 'jit=off'];

const FOLDER = 'hookline-test-';

async function embedded() {
  // A killed run ends its server but leaves the folder.
  const abandoned = (name: string) => name.startsWith(FOLDER) && !lives(name.slice(FOLDER.length));
  for (const name of readdirSync(tmpdir()).filter(abandoned))
    rmSync(join(tmpdir(), name), { recursive: true, force: true });

  const folder = join(tmpdir(), FOLDER + identityOf(process.pid));
  mkdirSync(folder);
  const server = await startEmbeddedPostgres(
    folder,
    FLAGS.flatMap((flag) => ['-c', flag]),
  );
  const remove = async () => {
    await server.stop();
    for (const place of [server.dataDir, folder]) rmSync(place, { recursive: true, force: true });
  };
  return { url: server.url(), remove };
}

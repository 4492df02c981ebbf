/**
 * Builds the project if the build is missing or older than its sources. It does not build otherwise, as that removes the
 * files of a running service. If several processes need a build, one builds and the others wait.
 *
 *   node scripts/build-if-stale.mjs     in the top folder of the project
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SOURCES = [
  'src',
  'migrations',
  'scripts',
  'package.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'clients/typescript/package.json',
  'clients/typescript/src',
  'clients/typescript/tsconfig.json',
  'clients/typescript/tsconfig.build.json',
  'ui/src',
  'ui/index.html',
  'ui/package.json',
  'ui/vite.config.ts',
];
/** A file that each part of the build writes near its end. */
const BUILT = ['dist/src/main.js', 'clients/typescript/dist/index.js', 'ui/dist/index.html'];
/** Contains the id of the building process. */
const LOCK = 'node_modules/.cache/hookline-build';
const CHECK_INTERVAL_MS = 200;
/** Older locks are stale, although another process may have got the id. */
const MAX_BUILD_MS = 600_000;

/** Returns the last change of a file, or of the files in a folder; 0 if there is none. */
function changedAt(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  const below = stat?.isDirectory() ? readdirSync(path).map((name) => changedAt(join(path, name))) : [];
  return Math.max(stat?.mtimeMs ?? 0, ...below);
}

const isStale = () => Math.max(...SOURCES.map(changedAt)) >= Math.min(...BUILT.map(changedAt));

/** Takes the lock; returns whether this process may build. */
function lock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Removes a stale lock. Returns the id of the building process, or 0. */
function dropDeadLock() {
  try {
    const owner = Number(readFileSync(LOCK, 'utf8'));
    if (Date.now() - changedAt(LOCK) > MAX_BUILD_MS) rmSync(LOCK, { force: true });
    // An empty lock is being written.
    if (owner > 0) process.kill(owner, 0);
    return owner;
  } catch (error) {
    if (error.code === 'ESRCH') rmSync(LOCK, { force: true });
    return 0;
  }
}

if (isStale()) {
  mkdirSync(dirname(LOCK), { recursive: true });
  let said = 0;
  while (!lock()) {
    const owner = dropDeadLock();
    if (owner && owner !== said) console.log(`Waiting for the build of process ${owner}`);
    said = owner;
    await sleep(CHECK_INTERVAL_MS);
  }
  try {
    if (isStale()) process.exitCode = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(LOCK, { force: true });
  }
}

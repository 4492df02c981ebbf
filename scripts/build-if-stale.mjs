/**
 * Builds what is missing or older than its sources, and nothing else: a build removes what a service that was started from
 * this folder runs on. Of several at once, one builds and the others wait.
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
/** What each part of the build writes last, or near to it. */
const BUILT = ['dist/src/main.js', 'clients/typescript/dist/index.js', 'ui/dist/index.html'];
/** Holds the id of the process that builds. */
const LOCK = 'node_modules/.cache/hookline-build';
const LOOK_AGAIN_MS = 200;
/** No build takes so long: the id of its process belongs to another by now. */
const LONGEST_BUILD_MS = 600_000;

/** When the file, or the last changed file below the folder, was changed; 0 where there is none. */
function changedAt(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  const below = stat?.isDirectory() ? readdirSync(path).map((name) => changedAt(join(path, name))) : [];
  return Math.max(stat?.mtimeMs ?? 0, ...below);
}

const isStale = () => Math.max(...SOURCES.map(changedAt)) >= Math.min(...BUILT.map(changedAt));

/** Whether this process may build now. */
function lock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Removes the lock of a process that ended without doing so. Answers who builds otherwise. */
function dropDeadLock() {
  try {
    const owner = Number(readFileSync(LOCK, 'utf8'));
    if (Date.now() - changedAt(LOCK) > LONGEST_BUILD_MS) rmSync(LOCK, { force: true });
    // What is still empty is being written.
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
    if (owner && owner !== said) console.log(`Waiting for process ${owner}, which builds`);
    said = owner;
    await sleep(LOOK_AGAIN_MS);
  }
  try {
    if (isStale()) process.exitCode = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(LOCK, { force: true });
  }
}

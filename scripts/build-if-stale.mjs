/**
 * Builds each part of the project whose build is missing or older than its sources: the service, the client, the page.
 * It says what it builds. If several processes need a build, one builds and the others wait.
 *
 * A service that runs keeps all of its files: parts are built into a folder of their own, and then each changed file is
 * replaced at once. A build that fails changes nothing.
 *
 *   node scripts/build-if-stale.mjs     in the top folder of the project
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CACHE = 'node_modules/.cache/hookline';
/** Contains the id of the building process. */
const LOCK = join(CACHE, 'lock');
const CHECK_INTERVAL_MS = 200;
/** Older locks are stale, although another process may have got the id. */
const MAX_BUILD_MS = 600_000;

/**
 * `built` is the last file of a part to be replaced; its time is that of the build. `arguments` are those of its script
 * that make it build into a folder; without them, it builds in place.
 */
const PARTS = [
  {
    name: 'the service',
    sources: ['src', 'migrations', 'scripts', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'],
    built: 'dist/src/main.js',
    output: 'dist',
    script: ['build:service'],
    arguments: (folder) => ['--path', configurationFor(folder)],
  },
  {
    name: 'the client',
    sources: ['package.json', 'src', 'tsconfig.json', 'tsconfig.build.json'].map(
      (path) => `clients/typescript/${path}`,
    ),
    built: 'clients/typescript/dist/index.js',
    script: ['build', '--workspace', 'clients/typescript'],
  },
  {
    name: 'the page',
    sources: ['src', 'index.html', 'package.json', 'vite.config.ts'].map((path) => `ui/${path}`),
    built: 'ui/dist/index.html',
    output: 'ui/dist',
    script: ['build', '--workspace', 'ui'],
    arguments: (folder) => ['--outDir', folder, '--emptyOutDir'],
  },
];

/** Returns the path of a file or folder, and those of all that is in it. */
function filesIn(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat ? [path] : [];
  return [path, ...readdirSync(path).flatMap((name) => filesIn(join(path, name)))];
}

/** Returns the last change of these paths and of all that is in them; 0 if there is none. */
const changedAt = (...paths) => Math.max(0, ...paths.flatMap(filesIn).map((path) => statSync(path).mtimeMs));

const isStale = ({ sources, built }) => changedAt(...sources) >= changedAt(built);

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

/** Writes a configuration of TypeScript that builds into this folder, and returns its path. */
function configurationFor(folder) {
  const path = join(CACHE, 'tsconfig.json');
  const extended = relative(CACHE, 'tsconfig.build.json');
  writeFileSync(path, JSON.stringify({ extends: extended, compilerOptions: { outDir: folder } }));
  return path;
}

/** Builds a part; returns the exit code. */
function build({ name, built, output, script, arguments: into }) {
  const [begun, previous] = [Date.now(), changedAt(built)];
  console.log(`Building ${name}: ${previous ? 'its sources have changed' : 'there is no build'}`);
  const folder = output && resolve(CACHE, output);
  if (folder) rmSync(folder, { recursive: true, force: true });
  const command = ['run', '--silent', ...script, ...(folder ? ['--', ...into(folder)] : [])];
  const code = spawnSync('npm', command, { stdio: 'inherit' }).status ?? 1;
  if (code !== 0) return code;
  if (folder) {
    replace(folder, output, built, begun);
    removeOld(output, previous - MAX_BUILD_MS);
  }
  // Not the time of its end: sources that changed meanwhile are newer than the build.
  stamp(built, begun);
  console.log(`Built ${name} in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return 0;
}

const stamp = (path, time) => utimesSync(path, time / 1000, time / 1000);
const isFile = (path) => !statSync(path).isDirectory();

/** Replaces the files of `output` by those of `folder`, and `last` as the last one. All get the time of the build. */
function replace(folder, output, last, begun) {
  const isLast = (path) => Number(path === last);
  const paths = filesIn(folder)
    .filter(isFile)
    .map((path) => join(output, relative(folder, path)));
  for (const path of paths.sort((a, b) => isLast(a) - isLast(b))) {
    const fresh = join(folder, relative(output, path));
    if (!changedAt(path) || !readFileSync(fresh).equals(readFileSync(path))) {
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(fresh, `${path}.new`);
      renameSync(`${path}.new`, path);
    }
    stamp(path, begun);
  }
}

/** Removes the files of the builds before the previous one, which the page of a running service may still ask for. */
function removeOld(output, time) {
  for (const path of filesIn(output).filter(isFile)) if (changedAt(path) < time) rmSync(path);
}

if (PARTS.some(isStale)) {
  mkdirSync(CACHE, { recursive: true });
  let said = 0;
  while (!lock()) {
    const owner = dropDeadLock();
    if (owner && owner !== said) console.log(`Waiting for the build of process ${owner}`);
    said = owner;
    await sleep(CHECK_INTERVAL_MS);
  }
  try {
    for (const part of PARTS.filter(isStale)) process.exitCode ||= build(part);
  } finally {
    rmSync(LOCK, { force: true });
  }
}

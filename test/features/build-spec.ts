import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BUILD_MS, builtService } from '../support/process';

const SCRIPT = resolve('scripts/build-if-stale.mjs');
const BUILT = ['dist/src/main.js', 'clients/typescript/dist/index.js', 'ui/dist/index.html'];
const SOURCES = ['src/main.ts', 'migrations/1-initial.ts'];
/** Replaces the build: writes its outputs, and a line for each run. */
const BUILD = `
  const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
  const { dirname } = require('node:path');
  appendFileSync('builds', 'one\\n');
  if (process.env.FAILS) process.exit(3);
  for (const path of ${JSON.stringify(BUILT)}) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }`;

describe('npm start builds', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookline-build-'));
    write('package.json', JSON.stringify({ scripts: { build: 'node build.cjs' } }));
    write('build.cjs', BUILD);
    for (const source of SOURCES) write(source, '');
    touch('package.json', ...SOURCES);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (path: string, content: string): void => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    touch(dirname(path));
  };
  /** Sets the time of these files a minute into the past. */
  const touch = (...paths: string[]): void => {
    const time = Date.now() / 1000 - 60;
    for (const path of paths) utimesSync(join(folder, path), time, time);
  };
  const run = async (env: Record<string, string> = {}): Promise<number> => {
    const child = spawn(process.execPath, [SCRIPT], { cwd: folder, env: { ...process.env, ...env } });
    const [code] = (await once(child, 'exit')) as [number];
    return code;
  };
  const builds = (): number => readFileSync(join(folder, 'builds'), 'utf8').trim().split('\n').length;

  it('once, however often it is started, at once or in turn', async () => {
    expect(await Promise.all([run(), run(), run()])).toEqual([0, 0, 0]);
    expect(await run()).toBe(0);
    expect(builds()).toBe(1);
  });

  it('again when a source has changed or an output is missing', async () => {
    await run();
    const later = Date.now() / 1000 + 1;
    utimesSync(join(folder, 'migrations/1-initial.ts'), later, later);
    expect(await run()).toBe(0);
    expect(builds()).toBe(2);
    touch('migrations/1-initial.ts');
    rmSync(join(folder, 'ui/dist/index.html'));
    expect(await run()).toBe(0);
    expect(builds()).toBe(3);
  });

  it('again after a build that failed or was killed', async () => {
    expect(await run({ FAILS: '1' })).toBe(3);
    const killed = spawn(process.execPath, ['--version']);
    await once(killed, 'exit');
    write('node_modules/.cache/hookline-build', String(killed.pid));
    expect(await run()).toBe(0);
    expect(builds()).toBe(2);
  });
});

describe('npm start', () => {
  beforeAll(builtService, BUILD_MS);

  it('leaves a current build untouched, so that processes that run on it go on', async () => {
    const made = BUILT.map((path) => statSync(path).mtimeMs);
    const [code] = (await once(spawn('npm', ['run', '--silent', 'prestart']), 'exit')) as [number];
    expect([code, BUILT.map((path) => statSync(path).mtimeMs)]).toEqual([0, made]);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { eventually } from '../support/poll';
import { BUILD_MS, builtService } from '../support/process';

const SCRIPT = resolve('scripts/build-if-stale.mjs');
const BUILT = ['dist/src/main.js', 'clients/typescript/dist/index.js', 'ui/dist/index.html'];
const SOURCES = ['src/main.ts', 'migrations/1-initial.ts', 'clients/typescript/src/index.ts', 'ui/src/main.tsx'];
const LOCK = 'node_modules/.cache/hookline/lock';
/**
 * Replaces the build of a part: writes its outputs, named after the number of the build, and a line for each run. It waits
 * for the file `gate` to go.
 */
const BUILD = `
  const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
  const { dirname, join, resolve } = require('node:path');
  const [part, option, value] = process.argv.slice(2);
  const top = join(__dirname);
  appendFileSync(join(top, 'builds'), part + '\\n');
  const n = readFileSync(join(top, 'builds'), 'utf8').trim().split('\\n').filter((line) => line === part).length;
  if (process.env.FAILS) process.exit(3);
  const folder =
    option === '--path'
      ? resolve(dirname(value), JSON.parse(readFileSync(value, 'utf8')).compilerOptions.outDir)
      : option === '--outDir' ? value : resolve('dist');
  const names = {
    service: ['src/main.js', 'src/other.js'],
    client: ['index.js'],
    page: ['index.html', 'assets/' + n + '.js'],
  }[part];
  for (const path of names.map((name) => join(folder, name))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, path.endsWith('other.js') ? 'always the same' : part + ' ' + n);
  }
  while (existsSync(join(top, 'gate'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);`;

describe('npm start builds', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookline-build-'));
    const scripts = (build: object) => JSON.stringify({ name: 'test', scripts: build, workspaces: [] });
    write(
      'package.json',
      JSON.stringify({
        workspaces: ['clients/typescript', 'ui'],
        scripts: { 'build:service': 'node build.cjs service' },
      }),
    );
    write(
      'clients/typescript/package.json',
      scripts({ build: 'node ../../build.cjs client' }).replace('test', 'client'),
    );
    write('ui/package.json', scripts({ build: 'node ../build.cjs page' }).replace('test', 'page'));
    write('build.cjs', BUILD);
    for (const source of SOURCES) write(source, '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Writes a file, a minute ago. */
  const write = (path: string, content: string): void => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    age(path, 60);
    age(dirname(path), 60);
  };
  const age = (path: string, secs: number): void => {
    const time = Date.now() / 1000 - secs;
    utimesSync(join(folder, path), time, time);
  };
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const run = async (env: Record<string, string> = {}): Promise<{ code: number; output: string }> => {
    const child = spawn(process.execPath, [SCRIPT], { cwd: folder, env: { ...process.env, ...env } });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };
  const builds = (): string[] => read('builds').trim().split('\n');

  it('once, however often it is started, at once or in turn', async () => {
    const runs = await Promise.all([run(), run(), run()]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await run()).toEqual({ code: 0, output: '' });
    expect(builds()).toEqual(['service', 'client', 'page']);
  });

  it('only the part whose sources have changed or whose output is missing, and says so', async () => {
    expect((await run()).output).toMatch(/^Building the service: there is no build\n/);
    age('migrations/1-initial.ts', -1);
    const { output } = await run();
    expect(output).toMatch(/^Building the service: its sources have changed\nBuilt the service in [\d.]+ s\n$/);
    age('migrations/1-initial.ts', 60);
    rmSync(join(folder, 'ui/dist/index.html'));
    await run();
    expect(builds()).toEqual(['service', 'client', 'page', 'service', 'page']);
  });

  it('without removing a file of a running service, and again if a source changes meanwhile', async () => {
    await run();
    for (const path of ['dist/src/main.js', 'ui/dist/index.html', 'ui/dist/assets/1.js']) age(path, 30);
    for (const source of ['src/main.ts', 'ui/src/main.tsx']) age(source, 20);
    writeFileSync(join(folder, 'gate'), '');
    const building = run();
    await eventually(() => expect(builds()).toHaveLength(4));
    expect(read('dist/src/main.js')).toBe('service 1');
    expect(read('dist/src/other.js')).toBe('always the same');
    age('src/main.ts', -1);
    rmSync(join(folder, 'gate'));
    expect((await building).code).toBe(0);
    expect([read('dist/src/main.js'), read('ui/dist/index.html')]).toEqual(['service 2', 'page 2']);
    // The page of the running service asks for it.
    expect(read('ui/dist/assets/1.js')).toBe('page 1');
    await run();
    expect(read('dist/src/main.js')).toBe('service 3');

    for (const path of ['ui/dist/index.html', 'ui/dist/assets/2.js']) age(path, 3600);
    age('ui/dist/assets/1.js', 7200);
    await run();
    expect(['1.js', '2.js', '3.js'].map((name) => existsSync(join(folder, 'ui/dist/assets', name)))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('again after a build that failed, which changes nothing, or was killed', async () => {
    await run();
    age('src/main.ts', -1);
    expect((await run({ FAILS: '1' })).code).toBe(3);
    expect(read('dist/src/main.js')).toBe('service 1');
    const killed = spawn(process.execPath, ['--version']);
    await once(killed, 'exit');
    write(LOCK, String(killed.pid));
    expect((await run()).code).toBe(0);
    expect(read('dist/src/main.js')).toBe('service 3');
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

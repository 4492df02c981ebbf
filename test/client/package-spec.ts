import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { startService } from '../support/fixture';
import { BUILD_MS, useProcesses } from '../support/process';

const FOLDER = resolve('clients/typescript');
const run = promisify(execFile);

describe('The package of the client', () => {
  useProcesses();

  it('has an example that runs a graph to its end', async () => {
    const service = await startService();
    const env = { PATH: process.env.PATH, HOOKLINE_URL: service.url };
    const { stdout } = await run(process.execPath, [`${FOLDER}/examples/pipeline.mjs`], { env });
    expect(stdout).toContain('10 files built');
    expect(stdout).toContain('the build ended: success');
    expect(stdout).toContain('3 succeeded, 1 failed');
    expect(stdout).toContain('deploy: The region is full');
  });

  describe('packed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-package-'));
    let archive: string;
    beforeAll(async () => {
      archive = await pack(folder);
    }, BUILD_MS);
    afterAll(() => rmSync(folder, { recursive: true }));

    it(
      'has types that resolve as its code does, from ES modules, CommonJS and bundlers',
      // Exits with 1 if one of them finds none, or those of another format.
      async () => void (await run('npx', ['attw', archive])),
      BUILD_MS,
    );

    it(
      'works in new projects with ES modules and with CommonJS',
      async () => {
        await install(archive, folder);
        const files = [project(folder, 'module'), project(folder, 'commonjs')];
        const program = ts.createProgram(files, { ...OPTIONS, noEmit: false });
        expect(faultsIn(program)).toEqual([]);
        program.emit();
        for (const file of files) {
          const { stdout } = await run(process.execPath, [file.replace(/ts$/, 'js')], { cwd: folder });
          expect(stdout).toBe('["build","deploy"] function true\n');
        }
      },
      BUILD_MS,
    );
  });

  it('shows only code that compiles in its README, that of the project and the recipes', () => {
    const pages = [`${FOLDER}/README.md`, resolve('README.md'), resolve('docs/recipes.md')];
    const samples = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code),
    );
    expect(samples.length).toBeGreaterThan(3);
    expect(faultsOf(samples)).toEqual([]);
  });

  it('detects code that does not compile', () => {
    expect(faultsOf([`import { Graph } from '@hookline/client';\nnew Graph().task('a', {});`])).toHaveLength(1);
  });
});

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
};

/** Packs the build; returns the archive. */
async function pack(folder: string): Promise<string> {
  const options = ['--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout } = await run('npm', ['pack', '--workspace', FOLDER, ...options]);
  return join(folder, stdout.trim());
}

/** Installs the archive, and what it depends on, without a registry. */
async function install(archive: string, folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  const target = join(modules, '@hookline/client');
  mkdirSync(target, { recursive: true });
  await run('tar', ['--extract', '--file', archive, '--directory', target, '--strip-components', '1']);
  for (const name of ['eventsource-parser', '@types']) symlinkSync(resolve('node_modules', name), join(modules, name));
}

/** A program that uses values and types of the package, and compares a class as `import` and `require` get it. */
const PROGRAM = `
import { createRequire } from 'node:module';
import { type Created, createReceiver, Graph, type Handler, HooklineError, webhook } from '@hookline/client';
const on_start = webhook<{ branch: string }>('http://127.0.0.1:9/build', { body: { branch: 'main' } });
const graph = new Graph().add('build', { kind: 'build', on_start }).add('deploy', { kind: 'deploy', requires: ['build'], on_start });
export const idOf = ({ ids }: Created<{ readonly build: string }>): string => ids.build;
const handler: Handler<{ body: { branch: string }; result: number }> = ({ body }) => body.branch.length;
// @ts-expect-error a typo; without types, anything would compile
export const typo = () => graph.add('test', { kind: 'test', requires: ['biuld'], on_start });
const names = graph.toJSON().tasks.map(({ id }) => id);
const required = createRequire(process.cwd() + '/node_modules/')('@hookline/client') as { HooklineError: unknown };
console.log(
  JSON.stringify(names),
  typeof createReceiver({ secrets: false, starts: { '/build': handler as Handler } }),
  required.HooklineError === HooklineError,
);
`;

/** Writes a project of this type that uses the package; returns its program. */
function project(folder: string, type: 'module' | 'commonjs'): string {
  mkdirSync(join(folder, type));
  writeFileSync(join(folder, type, 'package.json'), JSON.stringify({ type }));
  const program = join(folder, type, 'index.ts');
  writeFileSync(program, PROGRAM);
  return program;
}

/** Compiles each sample as a file of the package, against the build. */
function faultsOf(samples: string[]): string[] {
  const files = new Map(samples.map((code, i) => [`${FOLDER}/sample-${i}.mts`, code]));
  const host = ts.createCompilerHost(OPTIONS);
  host.fileExists = (name) => files.has(name) || ts.sys.fileExists(name);
  host.readFile = (name) => files.get(name) ?? ts.sys.readFile(name);
  return faultsIn(ts.createProgram([...files.keys()], OPTIONS, host));
}

function faultsIn(program: ts.Program): string[] {
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { startService } from '../support/fixture';
import { useProcesses } from '../support/process';

const FOLDER = resolve('clients/typescript');

describe('The package of the client', () => {
  useProcesses();

  it('has an example that runs a graph to its end', async () => {
    const service = await startService();
    const env = { PATH: process.env.PATH, HOOKLINE_URL: service.url };
    const { stdout } = await promisify(execFile)(process.execPath, [`${FOLDER}/examples/pipeline.mjs`], { env });
    expect(stdout).toContain('10 files built');
    expect(stdout).toContain('the build ended: success');
    expect(stdout).toContain('3 succeeded, 1 failed');
    expect(stdout).toContain('deploy: The region is full');
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

/** Compiles each sample as a file of the package, against the build. */
function faultsOf(samples: string[]): string[] {
  const files = new Map(samples.map((code, i) => [`${FOLDER}/sample-${i}.mts`, code]));
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  host.fileExists = (name) => files.has(name) || ts.sys.fileExists(name);
  host.readFile = (name) => files.get(name) ?? ts.sys.readFile(name);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

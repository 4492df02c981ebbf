import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePort, Service } from '../support/service';

const FOLDER = resolve('clients/python');
const TOKEN = 'a-token-of-this-test';
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
/** Installing takes seconds, and the machine may be busy. */
const LONG_MS = 180_000;

/** Returns a command that runs Python 3.10 or later and reaches an index of packages. */
function findPython(): string | undefined {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  return ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'].find((command) => {
    try {
      execFileSync(command, ['-c', check], { stdio: 'ignore' });
      const look = ['-m', 'pip', 'index', 'versions', 'httpx', '--retries', '0', '--timeout', '10'];
      execFileSync(command, look, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const python = findPython();
if (!python) console.warn('Python 3.10 with an index of packages is missing: its client is not tested');

(python ? describe : describe.skip)('The Python client', () => {
  const before = listing();
  let folder: string;
  let installed: string;
  let port: number;
  let service: Service;

  /** Runs a module of Python in the folder of the client. */
  async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const quiet = {
      PYTHONDONTWRITEBYTECODE: '1',
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      MYPY_CACHE_DIR: join(folder, 'mypy'),
    };
    const options = { cwd: FOLDER, env: { ...process.env, ...quiet, ...env } };
    try {
      return (await promisify(execFile)(command, args, options)).stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'python-client-'));
    installed = join(folder, 'bin/python');
    port = await freePort();
    await run(python!, ['-m', 'venv', folder]);
    await run(installed, ['-m', 'pip', 'install', '--quiet', '--no-compile', '.[test]']);
    const HOST_URL = `http://127.0.0.1:${port}`;
    const WEBHOOK_SIGNING_SECRET = SECRET;
    service = await Service.start({ HOST_URL, WEBHOOK_SIGNING_SECRET, AUTH_TOKEN: TOKEN, WEBHOOK_MAX_ATTEMPTS: '2' });
  }, LONG_MS);
  afterAll(async () => {
    await service?.stop();
    rmSync(folder, { recursive: true });
  });

  it(
    'passes its tests on a real service, as a clean environment has it installed',
    async () => {
      const output = await run(installed, ['-m', 'pytest', '--quiet'], {
        HOOKLINE_URL: await service.app.getUrl(),
        FRONT_PORT: String(port),
        AUTH_TOKEN: TOKEN,
        WEBHOOK_SIGNING_SECRET: SECRET,
      });
      expect(output).toMatch(/\d+ passed/);
      expect(output).not.toMatch(/skipped|warning/);
    },
    LONG_MS,
  );

  it(
    'is typed and tidy, examples included, and its installation leaves nothing behind',
    async () => {
      await run(installed, ['-m', 'mypy']);
      await run(installed, ['-m', 'ruff', 'check', '--no-cache', '.']);
      await run(installed, ['-m', 'ruff', 'format', '--no-cache', '--check', '.']);
      expect(listing()).toEqual(before);
    },
    LONG_MS,
  );
});

function listing(): string[] {
  return readdirSync(FOLDER, { recursive: true }).map(String).sort();
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { readDotEnv } from '../../src/config/load';
import { version } from '../../package.json';
import { startProxy, useDatabase } from '../support/fixture';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import { freePort } from '../support/service';

const PROGRAM = resolve('dist/src/main.js');

describe('A service that is started', () => {
  useProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'hookline-startup-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Starts a process with a faulty configuration, and returns its exit code and what it printed. */
  async function started(env: Record<string, string>, dotEnv: string): Promise<{ code: number; lines: string[] }> {
    writeFileSync(join(folder, '.env'), dotEnv);
    const child = spawn(process.execPath, [PROGRAM], { cwd: folder, env: { PATH: process.env.PATH, ...env } });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
    return { code, lines: said.trim().split('\n') };
  }

  it('with invalid variables exits with a line about each', async () => {
    const { code, lines } = await started({ PORT: '0', WORKER_ENABLED: 'perhaps', WEBHOOK_MAX_ATEMPTS: '3' }, '');
    expect(code).toBe(1);
    expect(lines.filter((line) => /PORT|WORKER_ENABLED|WEBHOOK_MAX_ATEMPTS/.test(line))).toHaveLength(3);
    expect(lines.find((line) => line.includes('WEBHOOK_MAX_ATEMPTS'))).toContain('WEBHOOK_MAX_ATTEMPTS');
  });

  it('reads .env, over which the environment takes precedence', async () => {
    const dotEnv = 'PORT=none\nPOOL_MAX_SIZE=none\n';
    expect((await started({ POOL_MAX_SIZE: '0' }, dotEnv)).lines.join('\n')).toMatch(
      /PORT .*"none"[^]*POOL_MAX_SIZE .*"0"/,
    );
  });

  describe('reads the file .env', () => {
    const [cwd, environment] = [process.cwd(), process.env];
    beforeEach(() => process.chdir(folder));
    afterEach(() => {
      process.chdir(cwd);
      process.env = environment;
    });
    const portWith = (dotEnv: string | Buffer, env: Record<string, string> = {}) => {
      writeFileSync('.env', dotEnv);
      process.env = env;
      readDotEnv();
      return process.env.PORT;
    };

    it.each<[string, string | Buffer]>([
      ['a byte order mark', '\ufeffPORT=1\nPOOL_MAX_SIZE=2\n'],
      ['a byte order mark and CR LF', '\ufeffPORT=1\r\nPOOL_MAX_SIZE=2\r\n'],
      ['a byte order mark and a comment', '\ufeff# Ours\nPORT=1\nPOOL_MAX_SIZE=2\n'],
      ['a byte order mark of UTF-16', Buffer.from('\ufeffPORT=1\nPOOL_MAX_SIZE=2\n', 'utf16le')],
    ])('with its first variable, if it begins with %s', (_, dotEnv) => {
      expect([portWith(dotEnv), process.env.POOL_MAX_SIZE]).toEqual(['1', '2']);
    });

    it('except in production', () => {
      expect(portWith('PORT=1\n', { NODE_ENV: 'production' })).toBeUndefined();
    });
  });

  describe('logs', () => {
    const database = useDatabase();

    it.each([
      ['error', false],
      ['info', true],
    ])('what LOG_LEVEL=%s lets through', async (level, isTold) => {
      const service = await ServiceProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: level });
      await service.end('SIGTERM');
      expect(service.log.includes('Ready on port')).toBe(isTold);
    });

    it('lines of JSON with levels as LOG_LEVEL names them, ISO times, and first its version', async () => {
      const service = await ServiceProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: 'trace' });
      await service.end('SIGTERM');
      expect(service.lines[0]).toMatchObject({ level: 'info', version, node: process.version });
      const levels = new Set(service.lines.map(({ level }) => level));
      expect([levels.has('info'), levels.has('debug'), levels.has('log')]).toEqual([true, true, false]);
      for (const { time } of service.lines) expect(new Date(String(time)).toISOString()).toBe(time);
    });

    it('that it is ready only when it has reached its database', async () => {
      const proxy = await startProxy(database.url);
      await proxy.cut();
      const port = await freePort();
      const started = ServiceProcess.start({ DATABASE_URL: proxy.url, LOG_LEVEL: 'info' }, { port });
      await eventually(async () => expect((await fetch(`http://localhost:${port}/live`)).status).toBe(200), {
        timeoutMs: 20_000,
      });
      await proxy.restore();
      const service = await started;
      await eventually(() => expect(service.log).toContain('Ready on port'));
      const said = service.lines.map(({ message }) => String(message).split(/ on |:/)[0]);
      expect(said.filter((text) => ['Listening', 'Connected to the database', 'Ready'].includes(text))).toEqual([
        'Listening',
        'Connected to the database',
        'Ready',
      ]);
      await service.end('SIGTERM');
    });
  });
});

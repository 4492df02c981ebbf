import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { cloneDatabase, type TestDatabase } from '../support/postgres';
import { BUILD_MS, builtService, ServiceProcess } from '../support/process';

const PROGRAM = resolve('dist/src/main.js');

describe('A service that is started', () => {
  let folder: string;
  beforeAll(builtService, BUILD_MS);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookline-startup-'));
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    rmSync(folder, { recursive: true });
  });

  /** Starts it where it cannot get far, and answers how it ended and what it said. */
  async function started(
    env: Record<string, string>,
    dotEnv: string | Buffer,
  ): Promise<{ code: number; lines: string[] }> {
    writeFileSync(join(folder, '.env'), dotEnv);
    const child = spawn(process.execPath, [PROGRAM], { cwd: folder, env: { PATH: process.env.PATH, ...env } });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
    return { code, lines: said.trim().split('\n') };
  }

  it('with invalid variables does not start, and says so in a line for each', async () => {
    const { code, lines } = await started({ PORT: '0', WORKER_ENABLED: 'perhaps', WEBHOOK_MAX_ATEMPTS: '3' }, '');
    expect(code).toBe(1);
    expect(lines.filter((line) => /PORT|WORKER_ENABLED|WEBHOOK_MAX_ATEMPTS/.test(line))).toHaveLength(3);
    expect(lines.find((line) => line.includes('WEBHOOK_MAX_ATEMPTS'))).toContain('WEBHOOK_MAX_ATTEMPTS');
  });

  it('reads .env, which gives way to the environment', async () => {
    const dotEnv = 'PORT=none\nPOOL_MAX_SIZE=none\n';
    expect((await started({ POOL_MAX_SIZE: '0' }, dotEnv)).lines.join('\n')).toMatch(
      /PORT .*"none"[^]*POOL_MAX_SIZE .*"0"/,
    );
  });

  it.each<[string, string | Buffer]>([
    ['a byte order mark', '\ufeffPORT=none\nPOOL_MAX_SIZE=none\n'],
    ['a byte order mark and CR LF', '\ufeffPORT=none\r\nPOOL_MAX_SIZE=none\r\n'],
    ['a byte order mark and a comment', '\ufeff# Ours\nPORT=none\nPOOL_MAX_SIZE=none\n'],
    ['a byte order mark of UTF-16', Buffer.from('\ufeffPORT=none\nPOOL_MAX_SIZE=none\n', 'utf16le')],
  ])('reads the first variable of a .env that begins with %s', async (_, dotEnv) => {
    expect((await started({}, dotEnv)).lines.join('\n')).toMatch(/PORT .*"none"[^]*POOL_MAX_SIZE .*"none"/);
  });

  it('in production reads the environment alone', async () => {
    const { code, lines } = await started({ NODE_ENV: 'production', POOL_MAX_SIZE: 'none' }, 'PORT=none\n');
    expect(code).toBe(1);
    expect(lines.join('\n')).toContain('POOL_MAX_SIZE');
    expect(lines.join('\n')).not.toContain('PORT');
  });

  describe('logs', () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await cloneDatabase();
    });
    afterAll(() => database.drop());

    it.each([
      ['error', false],
      ['info', true],
    ])('what LOG_LEVEL=%s lets through', async (level, isTold) => {
      const service = await ServiceProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: level });
      await service.end('SIGTERM');
      expect(service.log.includes('Ready on port')).toBe(isTold);
    });
  });
});

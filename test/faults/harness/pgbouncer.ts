import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/poll';
import { execute } from '../../support/postgres';
import { freePort } from '../../support/service';

const PROGRAM = 'pgbouncer';

/** A PgBouncer in transaction mode in front of a database. It refuses to run as root, so it has another account. */
export class PgBouncer {
  private child: ChildProcess;

  private constructor(
    readonly url: string,
    private readonly folder: string,
  ) {}

  /** Returns the installed version, or undefined. */
  static version(): string | undefined {
    const { stdout } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });
    return stdout?.split('\n')[0] || undefined;
  }

  static async start(databaseUrl: string): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(databaseUrl);
    const folder = mkdtempSync(join(tmpdir(), 'hookline-pgbouncer-'));
    chmodSync(folder, 0o755);
    const own = await freePort();
    writeFileSync(
      join(folder, 'pgbouncer.ini'),
      `[databases]
${pathname.slice(1)} = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 15
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
${supportsPreparedStatements() ? 'max_prepared_statements = 200' : ''}
`,
    );
    const bouncer = new PgBouncer(`postgres://${username}@127.0.0.1:${own}${pathname}`, folder);
    await bouncer.launch();
    return bouncer;
  }

  /** Kills it with all its connections, and starts it again after a while. */
  async restart(awayMs: number): Promise<void> {
    await this.end();
    await pause(awayMs);
    await this.launch();
  }

  async remove(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true });
  }

  private async launch(): Promise<void> {
    const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    this.child = spawn(PROGRAM, [join(this.folder, 'pgbouncer.ini')], { ...account, stdio: 'ignore' });
    await eventually(() => execute(this.url, 'SELECT 1'));
  }

  private async end(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

/** Returns whether it supports named statements, as versions since 1.21 do. */
function supportsPreparedStatements(): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(PgBouncer.version() ?? '') ?? [];
  return Number(major) > 1 || Number(minor) >= 21;
}

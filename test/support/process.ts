import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './poll';
import { freePort, ServiceClient } from './service';

const PROGRAM = resolve('dist/src/main.js');
/** Setting up an embedded database takes a few seconds on a busy machine. */
const START_MS = 25_000;
/** Ends the process when this one is gone, so that a killed test run leaves nothing behind. */
const LEASH = `data:text/javascript,process.on('disconnect',()=>process.exit());process.channel.unref()`;

declare global {
  var logOfProcesses: (() => string) | undefined;
}

/** The end of each log that the report of a failed test shows. */
const SHOWN_LOG = 4000;

/** Differences from the usual process. */
interface Variant {
  /** Port of an earlier process, whose handles then lead to this one. */
  port?: number;
  /** Another build of the service. */
  program?: string;
  /** A module that is loaded before the service. */
  preload?: string;
  /** Limit of its heap. */
  heapMiB?: number;
}

/** The built service in its own process, as in production, to be signalled, killed and restarted. */
export class ServiceProcess extends ServiceClient {
  private static readonly all: ServiceProcess[] = [];
  private readonly child: ChildProcess;
  private output = '';

  private constructor(
    readonly port: number,
    env: Record<string, string>,
    { program = PROGRAM, preload, heapMiB }: Variant,
  ) {
    super(`http://localhost:${port}`);
    const options = preload ? ['--require', preload] : [];
    if (heapMiB) options.push(`--max-old-space-size=${heapMiB}`);
    this.child = spawn(process.execPath, [...options, '--import', LEASH, program], {
      cwd: tmpdir(), // Where no `.env` is.
      env: { PATH: process.env.PATH, PORT: String(port), LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk) => (this.output += String(chunk)));
  }

  /**
   * Starts the output of `builtService`, and waits until it is ready.
   * @param env as in production; at least `DATABASE_URL` or `EMBEDDED_DATA_DIR`.
   */
  static async start(env: Record<string, string>, variant: Variant = {}): Promise<ServiceProcess> {
    const service = new ServiceProcess(variant.port ?? (await freePort()), env, variant);
    ServiceProcess.all.push(service);
    await eventually(
      async () => {
        if (service.ended) throw new Error(`The service did not start:\n${service.output}`);
        expect((await service.call('GET', '/ready')).status).toBe(200);
      },
      { timeoutMs: START_MS },
    );
    return service;
  }

  /** Ends every process that still runs, so that a failed test leaves nothing behind. */
  static async killAll(): Promise<void> {
    await Promise.all(ServiceProcess.all.splice(0).map((service) => service.end('SIGKILL')));
  }

  /** Returns the end of the log of every process that was started, and how those that are over have ended. */
  static logs(): string {
    return ServiceProcess.all
      .map(({ child, output }, i) => {
        const end = child.exitCode ?? child.signalCode;
        return `Process ${i + 1}${end === null ? '' : ` (ended by ${end})`}:\n${output.slice(-SHOWN_LOG)}`;
      })
      .join('\n');
  }

  /** Sends the signal and waits for the end; returns the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (!this.ended) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    return this.child.exitCode ?? this.child.signalCode!;
  }

  /** Sends a signal that does not end it. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its log so far. */
  get log(): string {
    return this.output;
  }

  /** The lines of its log that are JSON objects. */
  get lines(): Record<string, unknown>[] {
    const lines = this.output.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** Builds the service before the tests of the enclosing `describe`, and kills its processes after them. */
export function useProcesses(): void {
  beforeAll(() => {
    globalThis.logOfProcesses = () => ServiceProcess.logs();
  });
  beforeAll(builtService, BUILD_MS);
  afterAll(() => ServiceProcess.killAll());
}

/** Builds the service and the client if need be. */
export const builtService = async (): Promise<void> => {
  await promisify(execFile)(process.execPath, ['scripts/build-if-stale.mjs']);
};
export const BUILD_MS = 120_000;

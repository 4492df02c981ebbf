import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';
import { eventually } from '../../support/poll';
import { cloneDatabase, type TestDatabase } from '../../support/postgres';
import { ServiceProcess } from '../../support/process';
import { freePort } from '../../support/service';
import { type Graph, randomGraph, type Url } from './graphs';
import { audit, type Database, unfinished, violations } from './invariants';
import { Load } from './load';
import { type Ledger, Outside } from './outside';
import { overlaps } from './overlaps';
import { scaled } from './scale';

/** How a scenario differs from production. */
export interface Setting {
  /** Tasks a second. */
  rate: number;
  env?: Record<string, string>;
  /** A database other than a new one of the shared server. */
  databaseUrl?: string;
  /** How replicas reach the database. */
  serviceUrl?: string;
  /** Another build of the service. */
  program?: string;
  /** Returns the graph of the next client. */
  next?: (url: Url) => Graph;
  /** How long everything may take to finish after the load. */
  restMs?: number;
  /** How a replica starts, if not as usual. */
  start?: (replica: number) => Start;
}

export interface Start {
  preload?: string;
  env?: Record<string, string>;
}

/** Slots of one replica, for calls of either sort. */
export const SLOTS = 32;

/** Short, so that a loss is repaired within a scenario. */
const ENV = {
  WORKER_CLAIM_TIMEOUT_SECS: '4',
  WEBHOOK_TIMEOUT_SECS: '3',
  WEBHOOK_DELIVERY_LEASE_SECS: '6',
  WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1',
  WORKER_WEBHOOK_CONCURRENCY: String(SLOTS),
  WEBHOOK_DELIVERY_CONCURRENCY: String(SLOTS),
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: '2',
};

const WARM_UP_MS = scaled(4000, 800);
const REST_MS = 90_000;
const PACE_SPAN_MS = 1000;
/** Share of the usual pace; chance alone rarely goes below it. */
const FULL_PACE = 0.7;
const MAX_RECOVERY_MS = 60_000;

/** Two replicas, a receiver, and clients that create graphs all the time. */
export class Stage {
  readonly kills: number[] = [];
  readonly replicas: ServiceProcess[] = [];
  /** MiB of the largest replica. */
  peakMemory = 0;
  /** Results a second before anything broke. */
  pace = 0;
  recoverySecs = 0;
  private readonly faults: string[] = [];
  private readonly memory = setInterval(() => this.measure(), 500);

  private constructor(
    private readonly setting: Setting,
    readonly outside: Outside,
    private readonly database: TestDatabase,
    private readonly ports: readonly number[],
    readonly load: Load,
  ) {}

  static async set(setting: Setting): Promise<Stage> {
    const { databaseUrl } = setting;
    const [outside, database, ...ports] = await Promise.all([
      Outside.start(),
      databaseUrl ? { url: databaseUrl, drop: () => Promise.resolve() } : cloneDatabase(),
      freePort(),
      freePort(),
    ]);
    const bases = ports.map((port) => `http://127.0.0.1:${port}`);
    const url: Url = (path, host) => outside.url(path, host);
    const next = () => (setting.next ?? randomGraph)(url);
    const stage = new Stage(setting, outside, database, ports, new Load(bases, next, setting.rate));
    await outside.reportTo(bases);
    await stage.play();
    return stage;
  }

  /** Starts the replicas and the load, and waits for a steady pace. */
  private async play(): Promise<void> {
    this.replicas.push(...(await Promise.all(this.ports.map((_, i) => this.launch(i)))));
    await audit(this.database.url);
    this.load.start();
    // The first calls are slow, before code is compiled and plans are known.
    await pause(WARM_UP_MS);
    const since = Date.now();
    await pause(WARM_UP_MS);
    this.pace = (await this.outside.resultsIn(since, Date.now())) / (WARM_UP_MS / 1000);
    expect(this.pace).toBeGreaterThan(0);
  }

  get url(): string {
    return this.database.url;
  }

  /** Queries the database directly. */
  async query<Row = any>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.asking((database) => database.query<Row>(text, values));
  }

  /** Restarts a replica, optionally in another way. */
  async restart(replica: number, start?: Start): Promise<void> {
    this.replicas[replica] = await this.launch(replica, start);
  }

  /** Kills a replica, which must have lived until now. */
  async kill(replica: number): Promise<void> {
    this.expectAlive(this.replicas[replica]);
    this.measure();
    this.kills.push(Date.now());
    await this.replicas[replica].end('SIGKILL');
  }

  /** Waits until a replica dies that was started to die, and returns whether it did in time. */
  async died(replica: number, timeoutMs: number): Promise<boolean> {
    const service = this.replicas[replica];
    const deadline = Date.now() + timeoutMs;
    while (!service.ended && Date.now() < deadline) await pause(10);
    this.kills.push(Date.now());
    if (service.ended) return true;
    await service.end('SIGKILL');
    return false;
  }

  /**
   * Waits until results come as fast as before, and returns how many seconds that took since `healed`.
   * @param share of the usual pace that must be reached.
   */
  async recovered(healed = Date.now(), share = FULL_PACE): Promise<number> {
    for (;;) {
      const now = Date.now();
      const results = await this.outside.resultsIn(now - PACE_SPAN_MS, now);
      const took = Math.max(0, now - PACE_SPAN_MS - healed);
      if (now - healed >= PACE_SPAN_MS && results >= share * this.pace) {
        this.recoverySecs = Math.max(this.recoverySecs, took / 1000);
        return took / 1000;
      }
      if (took > MAX_RECOVERY_MS) throw new Error(`No full pace ${MAX_RECOVERY_MS / 1000} s after the fault was over`);
      await pause(100);
    }
  }

  /** Ends the load, waits until nothing changes any more, and returns the findings. */
  async finish(): Promise<{ ledger: Ledger; violations: string[]; overlaps: string }> {
    await this.load.stop();
    for (const replica of this.replicas) this.expectAlive(replica);
    return this.asking(async (database) => {
      const isAtRest = async () => {
        expect(await this.outside.working()).toBe(0);
        expect(await unfinished(database)).toEqual([]);
      };
      // Whatever is unfinished is among the violations.
      await eventually(isAtRest, { timeoutMs: this.setting.restMs ?? REST_MS }).catch(() => undefined);
      this.measure();
      const ledger = await this.outside.ledger();
      const { outside, kills } = this;
      const acknowledged = [...this.load.acknowledged.keys()];
      const found = await violations({ database, ledger, outside, acknowledged, kills });
      const most = overlaps(ledger, new Map(), kills).map(({ most, limit }) => `${most}/${limit}`);
      return { ledger, violations: [...this.faults, ...this.load.faults, ...found], overlaps: most.join(' ') };
    });
  }

  /** Ends everything, whatever state it is in. */
  async strike(): Promise<void> {
    clearInterval(this.memory);
    await ServiceProcess.killAll();
    await this.outside.stop();
    await this.load.abandon();
    await this.database.drop();
  }

  private launch(replica: number, start = this.setting.start?.(replica) ?? {}): Promise<ServiceProcess> {
    const { env, serviceUrl, program } = this.setting;
    const port = this.ports[replica];
    return ServiceProcess.start(
      {
        DATABASE_URL: serviceUrl ?? this.database.url,
        HOST_URL: `http://127.0.0.1:${port}`,
        LOG_LEVEL: 'error',
        ...ENV,
        ...env,
        ...start.env,
      },
      { port, program, preload: start.preload },
    );
  }

  private expectAlive(service: ServiceProcess): void {
    if (service.ended) this.faults.push(`A process ended by itself:\n${service.log}`);
  }

  private measure(): void {
    for (const { pid } of this.replicas) this.peakMemory = Math.max(this.peakMemory, residentMiB(pid));
  }

  private async asking<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const pool = new Pool({ connectionString: this.database.url, max: 1 });
    try {
      return await work({ query: async (text, values) => (await pool.query(text, values)).rows as never });
    } finally {
      await pool.end();
    }
  }
}

/** Returns the peak memory of a process; 0 if it is unknown. */
function residentMiB(pid: number): number {
  try {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
    return Math.round(Number(kib) / 1024);
  } catch {
    return 0;
  }
}

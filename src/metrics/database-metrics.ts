import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface PoolStats {
  max: number;
  /** Open connections, in use or idle. */
  total: number;
  idle: number;
  /** Callers that wait for a connection. */
  waiting: number;
}

const BREAKER_STATES = ['closed', 'open', 'half-open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

/** The coalescers, each of which serves many callers with one transaction. */
export type CoalescerName =
  'creation' | 'reports' | 'failures' | 'bulk' | 'counters' | 'attempts' | 'rules' | 'contexts';

/** Metrics of the database gate and of the coalescers. */
export class DatabaseMetrics {
  private readonly queries: Histogram<'statement'>;
  private readonly slow: Counter<'statement'>;
  private readonly retries: Counter<'sqlstate'>;
  private readonly rejections: Counter;
  private readonly flushes: Histogram<'coalescer'>;
  private readonly registers: Registry[];

  constructor(registry: Registry) {
    const registers = (this.registers = [registry]);
    this.queries = new Histogram({
      name: 'hookline_query_duration_seconds',
      help: 'Duration of statements by name, failed ones included.',
      labelNames: ['statement'],
      buckets: [0.001, 0.0025, 0.01, 0.025, 0.1, 0.5, 2.5],
      registers,
    });
    this.slow = new Counter({
      name: 'hookline_slow_queries_total',
      help: 'Statements that took SLOW_QUERY_THRESHOLD_MS or longer; five times that in the first run on a connection.',
      labelNames: ['statement'],
      registers,
    });
    this.retries = new Counter({
      name: 'hookline_transaction_retries_total',
      help: 'Transactions repeated after a serialization failure (40001) or a deadlock (40P01).',
      labelNames: ['sqlstate'],
      registers,
    });
    this.rejections = new Counter({
      name: 'hookline_breaker_rejections_total',
      help: 'Calls refused because the circuit breaker in front of the database was open.',
      registers,
    });
    this.flushes = new Histogram({
      name: 'hookline_coalescer_flush_items',
      help: 'Items written in one transaction, by coalescer.',
      labelNames: ['coalescer'],
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000],
      registers,
    });
  }

  /** Measures the waiting reads at each scrape. */
  watchReaders(waiting: () => number): void {
    new Gauge({
      name: 'hookline_reads_waiting',
      help: 'Reads of requests and event streams that wait for a connection; they may use half of the pool.',
      registers: this.registers,
      collect() {
        this.set(waiting());
      },
    });
  }

  /** Measures the pool and the breaker at each scrape. */
  watch(pool: () => PoolStats, breaker: () => BreakerState): void {
    const { registers } = this;
    new Gauge({
      name: 'hookline_pool_connections',
      help: 'Open database connections, in_use or idle.',
      labelNames: ['state'],
      registers,
      collect() {
        const { total, idle } = pool();
        this.set({ state: 'in_use' }, total - idle);
        this.set({ state: 'idle' }, idle);
      },
    });
    new Gauge({
      name: 'hookline_pool_max_connections',
      help: 'Maximum number of open database connections.',
      registers,
      collect() {
        this.set(pool().max);
      },
    });
    new Gauge({
      name: 'hookline_pool_waiting_callers',
      help: 'Callers that wait for a database connection.',
      registers,
      collect() {
        this.set(pool().waiting);
      },
    });
    new Gauge({
      name: 'hookline_breaker_state',
      help: 'State of the circuit breaker in front of the database: 1 for the current state, 0 for the others.',
      labelNames: ['state'],
      registers,
      collect() {
        const current = breaker();
        for (const state of BREAKER_STATES) this.set({ state }, Number(state === current));
      },
    });
  }

  /** Measures the waiting increments at each scrape. */
  watchProgress(depth: () => number): void {
    new Gauge({
      name: 'hookline_increments_waiting',
      help: 'Increments that wait to be written; at most BATCH_CHANNEL_CAPACITY.',
      registers: this.registers,
      collect() {
        this.set(depth());
      },
    });
  }

  /** Counts a statement. */
  queried(statement: string, ms: number, slow: boolean): void {
    this.queries.observe({ statement }, ms / 1000);
    if (slow) this.slow.inc({ statement });
  }

  /** Counts a repeated transaction. */
  retried(sqlstate: string): void {
    this.retries.inc({ sqlstate });
  }

  /** Counts a call refused by the breaker. */
  rejected(): void {
    this.rejections.inc();
  }

  /** Counts a flush. */
  flushed(coalescer: CoalescerName, items: number): void {
    this.flushes.observe({ coalescer }, items);
  }
}

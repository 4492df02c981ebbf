import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { TRIGGER_OF } from '../domain/action';
import { InFlight } from '../loops/in-flight';
import { persist } from '../loops/persist';
import { Metrics } from '../metrics/metrics';
import { Attempt } from './attempt';
import type { DueRow } from './sql/claim-due';
import { giveBack } from './sql/enqueue';
import { mark, type Mark } from './sql/mark';

// One host may hold this share of the places at most, so that a few that hang leave room for the others.
const HOST_SHARE = 1 / 4;

interface Host {
  calls: number;
  waiting: DueRow[];
}

/**
 * Delivers notifications that this replica has under a lease, at most `WEBHOOK_DELIVERY_CONCURRENCY` at a time, and
 * marks what became of them. They come from the loop that looks for due ones, and straight from the transactions that
 * queue them: most are sent right after the commit and never looked for. Those wait here for a place, by host.
 */
@Injectable()
export class Deliverer {
  private readonly logger = new Logger(Deliverer.name);
  private readonly inFlight: InFlight;
  private readonly marks: Coalescer<Mark, void>;
  private readonly marking = new Set<Promise<void>>();
  private readonly hosts = new Map<string, Host>();
  private readonly perHost: number;
  private readonly mostWaiting: number;
  private waiting = 0;
  private freed: () => void = () => undefined;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly attempt: Attempt,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { concurrency, batchSize } = config.delivery;
    this.inFlight = new InFlight(concurrency, () => this.freed());
    this.perHost = Math.ceil(concurrency * HOST_SHARE);
    this.mostWaiting = batchSize;
    this.marks = new Coalescer<Mark, void>(
      async (marks) => {
        await database.run(mark, JSON.stringify(marks));
        return marks.map(() => undefined);
      },
      { onFlush: (items) => metrics.database.flushed('delivery-marks', items) },
    );
  }

  /** Calls that may be made at once, beside those that wait for a place already. */
  get free(): number {
    return Math.max(0, this.inFlight.free - this.waiting);
  }

  /** Calls to one host at most, and the hosts that have as many. */
  get limits(): { perHost: number; full: string[] } {
    const full = [...this.hosts].filter(([, { calls, waiting }]) => calls + waiting.length >= this.perHost);
    return { perHost: this.perHost, full: full.map(([name]) => name) };
  }

  /** How many more notifications to a host may be handed over; none when this replica does not deliver. */
  roomFor(host: string): number {
    if (!this.config.worker.enabled || this.stopping) return 0;
    return this.mostWaiting - (this.hosts.get(host)?.waiting.length ?? 0);
  }

  /** Calls `freed` whenever there are places again. */
  onFree(freed: () => void): void {
    this.freed = freed;
  }

  /** Delivers what this replica has a lease on; what finds no place waits for one. */
  take(rows: readonly DueRow[]): void {
    for (const row of rows) {
      const host = this.hosts.get(row.host) ?? { calls: 0, waiting: [] };
      this.hosts.set(row.host, host);
      host.waiting.push(row);
      this.waiting++;
      this.startAt(row.host, host);
    }
  }

  /** Gives back what waits, and resolves when calls in flight have ended and are marked. */
  async stop(): Promise<void> {
    this.stopping = true;
    const keys = [...this.hosts.values()].flatMap(({ waiting }) => waiting.splice(0)).map(({ key }) => key);
    // Best effort: without the database, the leases run out.
    if (keys.length > 0) await this.database.run(giveBack, keys).catch(() => undefined);
    await this.idle();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    do {
      await this.inFlight.idle();
      await Promise.all(this.marking);
    } while (this.inFlight.busy || this.marking.size > 0);
  }

  private startAt(name: string, host: Host): void {
    while (host.waiting.length > 0 && host.calls < this.perHost && this.inFlight.free > 0) {
      const row = host.waiting.shift()!;
      this.waiting--;
      // Its lease must outlast the call; one that has waited too long becomes due again by itself.
      if (performance.now() > row.leased_until) continue;
      host.calls++;
      this.inFlight.run(() => this.deliver(row, name, host));
    }
    if (host.calls === 0 && host.waiting.length === 0) this.hosts.delete(name);
  }

  private async deliver(row: DueRow, name: string, host: Host): Promise<void> {
    const result = await this.attempt.make(row);
    const marking = this.mark(row, result).finally(() => this.marking.delete(marking));
    this.marking.add(marking);
    host.calls--;
    // The place is free only when this has returned; then the next one of this host has it, or else any other.
    setImmediate(() => {
      this.startAt(name, host);
      if (this.waiting > 0) for (const [other, each] of this.hosts) this.startAt(other, each);
    });
  }

  private async mark(row: DueRow, result: Mark): Promise<void> {
    try {
      await persist(
        () => this.marks.add(result),
        () => this.stopping,
      );
      this.metrics.webhooks.marked(TRIGGER_OF[row.notice], result.outcome, Date.now() - row.queued_at);
    } catch (error) {
      // The lease runs out and the notification is sent again: at least once.
      this.logger.error('An attempt could not be marked', { key: row.key, error: String(error) });
    }
  }
}

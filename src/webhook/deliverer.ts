import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import type { Coalescer } from '../database/coalescer';
import { Coalescers } from '../database/coalescers';
import { Database } from '../database/database';
import type { Statement } from '../database/statement';
import { TRIGGER_OF } from '../domain/action';
import { commonTrace } from '../domain/trace-context';
import { InFlight } from '../loops/in-flight';
import { persist } from '../loops/persist';
import { Wakeups } from '../loops/wakeups';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { Attempt } from './attempt';
import { Gathering } from './group';
import { HostCooldowns } from './host-cooldowns';
import { coolDown } from './sql/cool-down';
import { endLeases } from './sql/enqueue';
import type { LeasedRow } from './sql/lease-due';
import { type AttemptRecord, recordAttempts } from './sql/record-attempts';

// Nobody waits for the record of an attempt, and each commit is work for a disk: some ms later, many share one.
const RECORD_LINGER_MS = 10;

interface Host {
  /** Requests in flight. */
  calls: number;
  /** The notifications of each request that waits for a slot. */
  waiting: LeasedRow[][];
}

const NO_CALLS: Host = { calls: 0, waiting: [] };

/**
 * Delivers notifications that this replica has leased, at most `WEBHOOK_DELIVERY_CONCURRENCY` requests at a time, and records
 * the attempts. They come from the delivery loop, or straight from the transactions that queue them: most are sent right
 * after the commit, without a query. If no slot is free, they wait for one.
 */
@Injectable()
export class Deliverer {
  private readonly logger = new Logger(Deliverer.name);
  private readonly inFlight: InFlight;
  private readonly records: Coalescer<AttemptRecord, void>;
  /** Database work that shutdown waits for. */
  private readonly background = new Set<Promise<void>>();
  private readonly hosts = new Map<string, Host>();
  private readonly cooldowns = new HostCooldowns();
  private readonly gathering = new Gathering<LeasedRow>(
    ({ action }) => action,
    ({ notice }) => TRIGGER_OF[notice],
  );
  /** Requests that wait for a slot. */
  private waiting = 0;
  private onSlots: () => void = () => undefined;
  private onCooldownEnd: () => void = () => undefined;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly attempt: Attempt,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly wakeups: Wakeups,
    coalescers: Coalescers,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    metrics.webhooks.watchCooldowns(() => this.cooldowns.coolingDown.length);
    this.inFlight = new InFlight(config.delivery.concurrency, () => this.onSlots());
    this.records = coalescers.create<AttemptRecord, void>(
      'attempts',
      async (records) => {
        await database.run(recordAttempts, JSON.stringify(records));
        return records.map(() => undefined);
      },
      { lingerMs: RECORD_LINGER_MS },
    );
  }

  /** Returns the number of free slots that no waiting request needs. */
  get freeSlots(): number {
    return Math.max(0, this.inFlight.free - this.waiting);
  }

  /**
   * Returns how many more requests to a host may be sent now. A host never has more calls in flight than slots are
   * left for others: one that hangs holds half of them, and the next one half of the rest.
   * @param host a host without calls in flight if omitted
   */
  capacityFor(host?: string): number {
    if (host !== undefined && this.isCoolingDown(host)) return 0;
    const { calls, waiting } = (host !== undefined && this.hosts.get(host)) || NO_CALLS;
    if (host !== undefined && this.cooldowns.isProbed(host)) {
      return calls + waiting.length > 0 ? 0 : Math.min(1, this.freeSlots);
    }
    return Math.max(0, Math.ceil((this.freeSlots - calls - waiting.length) / 2));
  }

  /** Returns the capacity for each host that has calls in flight, is cooling down, or is probed. */
  get capacityByHost(): Record<string, number> {
    const hosts = [...this.hosts.keys(), ...this.cooldowns.coolingDown, ...this.cooldowns.probed];
    return Object.fromEntries(hosts.map((host) => [host, this.capacityFor(host)]));
  }

  /** Returns whether the calls in flight to a host use all of its capacity; it has some again when one of them ends. */
  get hasFullHost(): boolean {
    return [...this.hosts.keys()].some((host) => !this.isCoolingDown(host) && this.capacityFor(host) === 0);
  }

  isCoolingDown(host: string): boolean {
    return this.cooldowns.isCoolingDown(host);
  }

  /** Returns whether this replica sends the notifications that it queues. */
  get isSending(): boolean {
    return this.config.worker.enabled && !this.stopping;
  }

  /** Sets what is called when slots become free, and when a host may be called again. */
  onCapacity(onSlots: () => void, onCooldownEnd: () => void): void {
    this.onSlots = onSlots;
    this.onCooldownEnd = onCooldownEnd;
  }

  /** Delivers notifications that this replica has leased. */
  deliver(rows: readonly LeasedRow[]): void {
    if (this.stopping) {
      void this.endLeases(rows);
      return;
    }
    // All wait before the first is sent, so that those of a group share a request.
    for (const row of rows) this.enqueue(row);
    for (const { host } of rows) {
      const waiting = this.hosts.get(host);
      if (waiting) this.fillSlots(host, waiting);
    }
  }

  /** Ends the leases on waiting notifications; resolves when the calls in flight have ended and are recorded. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const host of this.hosts.values()) void this.endLeases(this.takeWaiting(host));
    await this.idle();
  }

  /** Resolves when no call is in flight and all attempts are recorded. */
  async idle(): Promise<void> {
    do {
      await this.inFlight.idle();
      await Promise.all(this.background);
    } while (this.inFlight.busy || this.background.size > 0);
  }

  private enqueue(row: LeasedRow): void {
    const host = this.hosts.get(row.host) ?? { calls: 0, waiting: [] };
    this.hosts.set(row.host, host);
    const request = this.gathering.add(row);
    if (!request) return;
    host.waiting.push(request);
    this.waiting++;
  }

  private fillSlots(name: string, host: Host): void {
    while (host.waiting.length > 0 && this.inFlight.free > 0) {
      if (host.calls > 0 && this.cooldowns.isProbed(name)) return;
      const request = host.waiting.shift()!;
      this.waiting--;
      this.gathering.close(request);
      // The lease must outlast the call. A notification that has waited too long becomes due again by itself.
      const now = performance.now();
      const rows = request.filter((row) => now <= row.leased_until);
      if (rows.length === 0) continue;
      host.calls++;
      this.inFlight.run(() => this.tracing.within(commonTrace(rows), () => this.call(rows, name, host)));
    }
    if (host.calls === 0 && host.waiting.length === 0) this.hosts.delete(name);
  }

  private async call(rows: readonly LeasedRow[], name: string, host: Host): Promise<void> {
    const { records, answer } = await this.attempt.make(rows, () => this.stopping);
    host.calls--;
    const wasProbed = this.cooldowns.isProbed(name);
    const wasCoolingDown = this.isCoolingDown(name);
    if (answer && this.cooldowns.record(name, answer)) {
      // Calls in flight at the same time report the same cooldown, which is recorded once.
      if (!wasCoolingDown) this.recordCooldown(name, records.find((each) => each)?.last_error);
      this.returnWaiting(name, host);
    } else if (wasProbed) this.onCooldownEnd();
    for (const [i, record] of records.entries()) {
      // Without a record, the lease ends by itself.
      if (record) this.tracing.within(rows[i].trace, () => this.record(rows[i], record));
    }
    // The slot is free only when this function has returned. Then this host goes first, and others after it.
    setImmediate(() => {
      this.fillSlots(name, host);
      if (this.waiting > 0) for (const [other, each] of this.hosts) this.fillSlots(other, each);
    });
  }

  /** Returns the waiting notifications of a host to the queue, to be leased again after its cooldown. */
  private returnWaiting(name: string, host: Host): void {
    void this.endLeases(this.takeWaiting(host)).then(() => this.wakeAfterCooldown(name));
  }

  private recordCooldown(name: string, reason = ''): void {
    void this.tryRun(coolDown, name, this.cooldowns.remainingMs(name), `Host cooldown: ${reason}`);
  }

  private wakeAfterCooldown(name: string): void {
    const ms = this.cooldowns.remainingMs(name);
    if (ms === 0) this.onCooldownEnd();
    // Timers count whole ms and may fire a little early, while the cooldown still lasts.
    else setTimeout(() => this.wakeAfterCooldown(name), ms + 1).unref();
  }

  private takeWaiting({ waiting }: Host): LeasedRow[] {
    this.waiting -= waiting.length;
    for (const request of waiting) this.gathering.close(request);
    return waiting.splice(0).flat();
  }

  private async endLeases(rows: readonly LeasedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const [keys, attempts] = [rows.map(({ key }) => key), rows.map((row) => row.attempts)];
    await this.tryRun(endLeases, keys, attempts);
  }

  /** Runs a statement that need not succeed: leases end by themselves, and a cooldown is only known to fewer replicas. */
  private tryRun<Values extends unknown[]>(each: Statement<Values, unknown>, ...values: Values): Promise<void> {
    return this.inBackground(
      this.database.run(each, ...values).then(
        () => undefined,
        () => undefined,
      ),
    );
  }

  /** @param work never rejects */
  private inBackground(work: Promise<void>): Promise<void> {
    const tracked = work.then(() => void this.background.delete(tracked));
    this.background.add(tracked);
    return tracked;
  }

  private record(row: LeasedRow, record: AttemptRecord): void {
    const recorded = persist(
      () => this.records.add(record),
      () => this.stopping,
    );
    void this.inBackground(
      recorded.then(
        () => {
          // The next attempt at the task may have waited for it.
          if (row.notice === 'cancel') this.wakeups.wake('due');
          this.metrics.webhooks.recorded(TRIGGER_OF[row.notice], record.outcome, Date.now() - row.queued_at);
        },
        // The lease ends and the notification is sent again: at least once.
        (error) => this.logger.error('An attempt could not be recorded', { key: row.key, error: String(error) }),
      ),
    );
  }
}

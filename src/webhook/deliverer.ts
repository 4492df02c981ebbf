import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import type { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import type { Statement } from '../database/statement';
import { Coalescers } from '../database/coalescers';
import { TRIGGER_OF } from '../domain/action';
import { InFlight } from '../loops/in-flight';
import { persist } from '../loops/persist';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { Attempt } from './attempt';
import { Destinations } from './destinations';
import type { DueRow } from './sql/claim-due';
import { coolDown } from './sql/cool-down';
import { giveBack } from './sql/enqueue';
import { mark, type Mark } from './sql/mark';

// What is delivered is marked a little later and many at a time: nobody waits for it, and each commit is work for a disk.
const MARK_LINGER_MS = 10;
interface Host {
  calls: number;
  waiting: DueRow[];
}

const NO_CALLS: Host = { calls: 0, waiting: [] };

/**
 * Delivers notifications that this replica has under a lease, at most `WEBHOOK_DELIVERY_CONCURRENCY` at a time, and
 * marks what became of them. They come from the loop that looks for due ones, and straight from the transactions that
 * queue them: most are sent right after the commit and never looked for. Should places have been taken meanwhile, they wait.
 */
@Injectable()
export class Deliverer {
  private readonly logger = new Logger(Deliverer.name);
  private readonly inFlight: InFlight;
  private readonly marks: Coalescer<Mark, void>;
  private readonly marking = new Set<Promise<void>>();
  private readonly hosts = new Map<string, Host>();
  private readonly destinations = new Destinations();
  private waiting = 0;
  private freed: () => void = () => undefined;
  private rested: () => void = () => undefined;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly attempt: Attempt,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    coalescers: Coalescers,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    metrics.webhooks.watchResting(() => this.destinations.resting.length);
    this.inFlight = new InFlight(config.delivery.concurrency, () => this.freed());
    this.marks = coalescers.create<Mark, void>(
      'delivery-marks',
      async (marks) => {
        await database.run(mark, JSON.stringify(marks));
        return marks.map(() => undefined);
      },
      { lingerMs: MARK_LINGER_MS },
    );
  }

  /** Calls that may be made at once, beside those that wait for a place already. */
  get free(): number {
    return Math.max(0, this.inFlight.free - this.waiting);
  }

  /**
   * How many more notifications to a host may be sent at once. A host never has more calls in flight than places are left
   * for others, so one that hangs holds half of them, and the next one half of the rest.
   * @param host without a name: one that has no calls in flight.
   */
  roomFor(host?: string): number {
    if (host !== undefined && this.rests(host)) return 0;
    const { calls, waiting } = (host !== undefined && this.hosts.get(host)) || NO_CALLS;
    if (host !== undefined && this.destinations.isProbed(host)) {
      return calls + waiting.length > 0 ? 0 : Math.min(1, this.free);
    }
    return Math.max(0, Math.ceil((this.free - calls - waiting.length) / 2));
  }

  /** How many notifications may be claimed for each host that has calls in flight, is left alone or is probed. */
  get rooms(): Record<string, number> {
    const hosts = [...this.hosts.keys(), ...this.destinations.resting, ...this.destinations.probed];
    return Object.fromEntries(hosts.map((host) => [host, this.roomFor(host)]));
  }

  /** Whether a host has no room because of its calls in flight, so that there will be room when one of them ends. */
  get hasFullHost(): boolean {
    return [...this.hosts.keys()].some((host) => !this.rests(host) && this.roomFor(host) === 0);
  }

  /** Whether a host is left alone: nothing is sent to it until it has rested. */
  rests(host: string): boolean {
    return this.destinations.rests(host);
  }

  /** Whether this replica sends what it queues. */
  get isOpen(): boolean {
    return this.config.worker.enabled && !this.stopping;
  }

  /** Calls `freed` whenever there are places again, and `rested` when a host need not be left alone any more. */
  onRoom(freed: () => void, rested: () => void): void {
    this.freed = freed;
    this.rested = rested;
  }

  /** Delivers what this replica has a lease on; what finds no place waits for one. */
  take(rows: readonly DueRow[]): void {
    if (this.stopping) {
      void this.giveBack(rows);
      return;
    }
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
    for (const host of this.hosts.values()) void this.giveBack(this.unsent(host));
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
    while (host.waiting.length > 0 && this.inFlight.free > 0) {
      if (host.calls > 0 && this.destinations.isProbed(name)) return;
      const row = host.waiting.shift()!;
      this.waiting--;
      // Its lease must outlast the call; one that has waited too long becomes due again by itself.
      if (performance.now() > row.leased_until) continue;
      host.calls++;
      this.inFlight.run(() => this.tracing.within(row.trace, () => this.deliver(row, name, host)));
    }
    if (host.calls === 0 && host.waiting.length === 0) this.hosts.delete(name);
  }

  private async deliver(row: DueRow, name: string, host: Host): Promise<void> {
    const { mark: result, answer } = await this.attempt.make(row);
    host.calls--;
    const [wasProbed, rested] = [this.destinations.isProbed(name), this.rests(name)];
    if (answer && this.destinations.heard(name, answer)) {
      // Calls that were under way together say the same thing once.
      if (!rested) this.writeDown(name, result.last_error);
      this.putOff(name, host);
    } else if (wasProbed) this.rested();
    const marking = this.mark(row, result).then(() => void this.marking.delete(marking));
    this.marking.add(marking);
    // The place is free only when this has returned; then the next one of this host has it, or else any other.
    setImmediate(() => {
      this.startAt(name, host);
      if (this.waiting > 0) for (const [other, each] of this.hosts) this.startAt(other, each);
    });
  }

  /** What waits for a host that is left alone goes back into the queue, and is looked for when it has rested. */
  private putOff(name: string, host: Host): void {
    void this.giveBack(this.unsent(host)).then(() => this.awaitRest(name));
  }

  private writeDown(name: string, reason = ''): void {
    void this.inBackground(coolDown, name, this.destinations.restMs(name), `Waits for its host: ${reason}`);
  }

  private awaitRest(name: string): void {
    const restMs = this.destinations.restMs(name);
    if (restMs === 0) this.rested();
    // Timers count whole milliseconds and may ring a little early; whoever looked then would see the host rest still.
    else setTimeout(() => this.awaitRest(name), restMs + 1).unref();
  }

  private unsent({ waiting }: Host): DueRow[] {
    this.waiting -= waiting.length;
    return waiting.splice(0);
  }

  /** Best effort: without the database, the leases run out. */
  private async giveBack(rows: readonly DueRow[]): Promise<void> {
    if (rows.length === 0) return;
    const [keys, attempts] = [rows.map(({ key }) => key), rows.map((row) => row.attempts)];
    await this.inBackground(giveBack, keys, attempts);
  }

  /** Runs what does not matter enough to be repeated; `idle` waits for it. */
  private async inBackground<Values extends unknown[]>(
    each: Statement<Values, unknown>,
    ...values: Values
  ): Promise<void> {
    const running = this.database
      .run(each, ...values)
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => this.marking.delete(running));
    this.marking.add(running);
    await running;
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

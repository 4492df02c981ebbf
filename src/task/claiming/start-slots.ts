import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { InFlight } from '../../loops/in-flight';
import { Metrics } from '../../metrics/metrics';
import type { ClaimedRow } from '../sql/claim';

/**
 * What one host may have of the places that others leave: enough for a receiver that is the only one, and something is
 * left however many of them hang.
 */
const SHARE = 3 / 4;
/** Of its share, so much must be free for a host to be looked at again: many at once, or a claim would have to count by hosts. */
const WORTH_ASKING = 1 / 4;

/** What may be claimed now. */
export interface Room {
  /** Tasks, whatever their hosts. */
  limit: number;
  /** Hosts whose share is taken, by their numbers: their tasks are to be passed over. */
  fullHosts: number[];
}

/**
 * Places for start calls of this replica. Whoever sets tasks free may claim them in the same transaction and have them
 * started right after the commit: one commit from a result to the next start call. Only while nothing else waits for a
 * place, for whatever waits comes first by its priority.
 */
@Injectable()
export class StartSlots {
  /** Tasks that wait for a place of this replica, as far as it knows. */
  backlog = false;
  private readonly inFlight: InFlight;
  private readonly callsByHost = new Map<number, number>();
  private reserved = 0;
  private freed: () => void = () => undefined;
  private start?: (tasks: readonly ClaimedRow[]) => void;
  private readonly claiming = new Set<Promise<unknown>>();

  constructor(@Inject(CONFIG) { worker }: Config, metrics: Metrics) {
    metrics.webhooks.watchFull(() => this.room.fullHosts.length);
    this.inFlight = new InFlight(worker.webhookConcurrency, () => this.backlog && this.freed());
  }

  /** From now on `start` makes start calls, and `freed` is called when there are places for what waits. */
  open(start: (tasks: readonly ClaimedRow[]) => void, freed: () => void): void {
    this.start = start;
    this.freed = freed;
  }

  /** No place is given any more; resolves when all transactions that were given some have ended. */
  async close(): Promise<void> {
    this.start = undefined;
    await Promise.allSettled(this.claiming);
  }

  get room(): Room {
    const { free } = this.inFlight;
    const share = (calls: number) => Math.ceil(SHARE * (free + calls));
    let limit = Math.min(share(0), free - this.reserved);
    const fullHosts: number[] = [];
    for (const [host, calls] of this.callsByHost) {
      const left = share(calls) - calls;
      if (left > 0 && left >= WORTH_ASKING * share(calls)) limit = Math.min(limit, left);
      else fullHosts.push(host);
    }
    return { limit: Math.max(0, limit), fullHosts };
  }

  get busy(): boolean {
    return this.inFlight.busy;
  }

  /** Runs a call to a host, which must not reject, and frees its place when it ends. */
  run(host: number, call: () => Promise<void>): void {
    this.callsByHost.set(host, (this.callsByHost.get(host) ?? 0) + 1);
    this.inFlight.run(call, () => {
      const calls = this.callsByHost.get(host)! - 1;
      if (calls > 0) this.callsByHost.set(host, calls);
      else this.callsByHost.delete(host);
    });
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.inFlight.idle();
  }

  /**
   * Reserves half of the places while `work` claims tasks in a transaction, at most as many as it is told; the claimed tasks
   * that it answers are started.
   */
  async during<T extends { finished: { claimed: readonly ClaimedRow[] } }>(
    work: (places: number) => Promise<T>,
  ): Promise<T> {
    const { start, room } = this;
    const isOpen = start && !this.backlog && room.fullHosts.length === 0;
    const places = isOpen ? Math.ceil(room.limit / 2) : 0;
    if (!start || places === 0) return work(0);
    try {
      return await this.reserving(places, start, () => work(places));
    } finally {
      // Whoever found no place meanwhile is to look again.
      if (this.backlog) this.freed();
    }
  }

  /** Reserves so many places while `work` claims tasks in a transaction; the claimed tasks that it answers are started. */
  async reserving<T extends { finished: { claimed: readonly ClaimedRow[] } }>(
    places: number,
    start: (tasks: readonly ClaimedRow[]) => void,
    work: () => Promise<T>,
  ): Promise<T> {
    this.reserved += places;
    const claiming = work();
    this.claiming.add(claiming);
    try {
      const result = await claiming;
      this.reserved -= places;
      start(result.finished.claimed);
      return result;
    } catch (error) {
      this.reserved -= places;
      throw error;
    } finally {
      this.claiming.delete(claiming);
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import type { Deferred } from '../../database/deferred';
import { InFlight } from '../../loops/in-flight';
import { Metrics } from '../../metrics/metrics';
import type { ClaimedRow } from '../sql/claim';
import { type Capacity, ClaimSchedule } from './claim-schedule';

/**
 * The share that one host may have of the slots that others leave free: enough for a receiver that is the only one, and
 * however many receivers hang, some slots are left.
 */
const HOST_SHARE = 3 / 4;
/** A host counts as full until this part of its share is free: a claim asks for no more tasks than any other host has slots. */
const FREE_SHARE = 1 / 4;

/** Work in a transaction that claims tasks. */
type Claiming = { finished: { claimed: Deferred<ClaimedRow[]> } };

/**
 * The slots of this replica for start calls. A transaction that makes tasks `Pending` may claim them as well, and they
 * start right after the commit: one commit from a result to the next start call. That is allowed only while no other task
 * waits for a slot: tasks that wait come first, by priority.
 */
@Injectable()
export class StartSlots {
  private readonly inFlight: InFlight;
  private readonly callsByHost = new Map<number, number>();
  private readonly claiming = new Set<Promise<unknown>>();
  private reserved = 0;
  private isOpen = false;
  private startCalls: (tasks: readonly ClaimedRow[]) => void;

  constructor(
    private readonly schedule: ClaimSchedule,
    @Inject(CONFIG) private readonly config: Config,
    metrics: Metrics,
  ) {
    metrics.webhooks.watchFull(() => this.capacity.fullHosts.length);
    this.inFlight = new InFlight(config.worker.webhookConcurrency, () => schedule.slotFreed());
  }

  /** Sets what starts claimed tasks. */
  onClaimed(start: (tasks: readonly ClaimedRow[]) => void): void {
    this.startCalls = start;
  }

  /** From now on `offer` offers slots. */
  open(): void {
    this.isOpen = true;
  }

  /** Offers no more slots; resolves when all transactions that have reserved some have ended. */
  async close(): Promise<void> {
    this.isOpen = false;
    await Promise.allSettled(this.claiming);
  }

  get capacity(): Capacity {
    const { free } = this.inFlight;
    const share = (calls: number) => Math.ceil(HOST_SHARE * (free + calls));
    let limit = Math.min(share(0), free - this.reserved);
    const fullHosts: number[] = [];
    for (const [host, calls] of this.callsByHost) {
      const left = share(calls) - calls;
      if (left > 0 && left >= FREE_SHARE * share(calls)) limit = Math.min(limit, left);
      else fullHosts.push(host);
    }
    return { limit: Math.max(0, limit), fullHosts };
  }

  /** The capacity, but no more tasks than one claim may have. */
  get claimCapacity(): Capacity {
    const { limit, fullHosts } = this.capacity;
    return { limit: Math.min(limit, this.config.worker.startBatchSize), fullHosts };
  }

  get busy(): boolean {
    return this.inFlight.busy;
  }

  /** Starts claimed tasks. */
  start(tasks: readonly ClaimedRow[]): void {
    this.startCalls(tasks);
  }

  /** Runs a call to a host, which must not reject, and frees its slot when it ends. */
  run(hostId: number, call: () => Promise<void>): void {
    this.callsByHost.set(hostId, (this.callsByHost.get(hostId) ?? 0) + 1);
    this.inFlight.run(call, () => {
      const calls = this.callsByHost.get(hostId)! - 1;
      if (calls > 0) this.callsByHost.set(hostId, calls);
      else this.callsByHost.delete(hostId);
    });
  }

  /** Resolves when no call is in flight. */
  idle(): Promise<void> {
    return this.inFlight.idle();
  }

  /**
   * Offers half of the slots to `work`, a transaction that may claim that many tasks. The claimed tasks start after the
   * commit.
   */
  async offer<T extends Claiming>(work: (slots: number) => Promise<T>): Promise<T> {
    const { limit, fullHosts } = this.capacity;
    const slots = this.isOpen && !this.schedule.isContended && fullHosts.length === 0 ? Math.ceil(limit / 2) : 0;
    if (slots === 0) return work(0);
    try {
      return await this.reserve(slots, () => work(slots));
    } finally {
      // A claim may have found no slot meanwhile.
      this.schedule.slotFreed();
    }
  }

  /** Reserves slots for `work`, a transaction that claims tasks. They start after the commit. */
  async reserve<T extends Claiming>(slots: number, work: () => Promise<T>): Promise<T> {
    this.reserved += slots;
    const claiming = work();
    this.claiming.add(claiming);
    try {
      const result = await claiming;
      this.reserved -= slots;
      this.start(result.finished.claimed.value);
      return result;
    } catch (error) {
      this.reserved -= slots;
      throw error;
    } finally {
      this.claiming.delete(claiming);
    }
  }
}

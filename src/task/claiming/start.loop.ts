import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Loop } from '../../loops/loop';
import { LoopScheduler } from '../../loops/loop-scheduler';
import type { Iteration } from '../../loops/iteration';
import { Wakeups } from '../../loops/wakeups';
import { Tracing } from '../../tracing/tracing';
import { destinationOf } from '../../webhook/target';
import { Claim } from './claim';
import type { StartResult } from '../start/start-result';
import { StartCall } from '../start/start-call';
import { StartSlots } from './start-slots';
import type { ClaimedRow } from '../sql/claim';

/**
 * A look that passes over tasks of full hosts reads all of those that come first, be they hundreds of thousands. After one
 * that did not find enough, the next waits for so many times as long as it took, or until no host is full: looking takes a
 * tenth of the time at most. But not for longer than a second: it may have been slow for other reasons.
 */
const PAUSE_AFTER_PASSING_OVER = 9;
const LONGEST_PAUSE_MS = 1000;
/** So often it is asked meanwhile whether a host is full yet. */
const FULL_YET_MS = 20;

/**
 * Starts tasks: claims as many as there are places for calls, calls `on_start`, and puts the answer on record. No task
 * is claimed before a place is free for its call, so a claim is never kept waiting here while another replica is idle.
 */
@Injectable()
export class StartLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;
  private readonly starting = new Set<ClaimedRow>();
  private readonly recording = new Set<Promise<void>>();
  private lookAgain?: NodeJS.Timeout;
  private lookAgainAt = Infinity;
  private passOverAgainAt = 0;
  private stopping = false;

  constructor(
    private readonly claims: Claim,
    private readonly startCall: StartCall,
    private readonly places: StartSlots,
    private readonly wakeups: Wakeups,
    private readonly scheduler: LoopScheduler,
    private readonly tracing: Tracing,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('start', config.worker.loopIntervalMs, () => this.claim(), {
      onInterval: () => this.claims.look(),
    });
    this.claims.open(
      (tasks) => {
        this.tracing.link(tasks.map(({ trace }) => trace));
        this.start(tasks);
      },
      () => this.loop.wake(),
    );
  }

  onApplicationBootstrap(): void {
    if (!this.config.worker.enabled) return;
    this.places.open(
      (tasks) => this.start(tasks),
      () => this.loop.wake(),
    );
    this.wakeups.on('start', () => this.look());
    this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await this.places.close();
    await this.loop.stop();
    await this.claims.close();
    await this.idle();
  }

  /** Tasks whose start call this replica is making, or putting on record. */
  get callsInFlight(): string[] {
    return [...this.starting].map(({ id }) => id);
  }

  /** Claims and starts what may start now, and waits for the answers; answers how many tasks were found. */
  async runOnce(): Promise<number> {
    const { found } = await this.claim();
    await this.claims.idle();
    await this.idle();
    return found;
  }

  private look(): void {
    this.claims.look();
    this.loop.wake();
  }

  private async claim(): Promise<Iteration> {
    const { room } = this.places;
    const limit = Math.min(room.limit, this.config.worker.startBatchSize);
    // Until the claim has looked, there may be hasMore: a place that becomes free meanwhile must ask again.
    this.places.backlog = true;
    if (limit === 0) return { found: 0, hasMore: false };
    const skipsHosts = room.fullHosts.length > 0;
    const begun = performance.now();
    if (skipsHosts && begun < this.passOverAgainAt) {
      this.wakeIn(FULL_YET_MS);
      return { found: 0, hasMore: false };
    }
    const { found, hasMore, undecided, lookAgainMs } = await this.claims.next(limit, room.fullHosts);
    if (skipsHosts && found < limit) {
      const ended = performance.now();
      this.passOverAgainAt = ended + Math.min(LONGEST_PAUSE_MS, PAUSE_AFTER_PASSING_OVER * (ended - begun));
    }
    this.places.backlog = hasMore || skipsHosts || undecided;
    this.wakeIn(lookAgainMs);
    return { found, hasMore: hasMore && this.places.room.limit > 0 };
  }

  private start(tasks: readonly ClaimedRow[]): void {
    for (const task of tasks) {
      this.starting.add(task);
      const { hostId } = destinationOf(task.on_start);
      this.places.run(hostId, () =>
        this.tracing.within(task.trace, async () => this.record(task, await this.startCall.make(task))),
      );
    }
  }

  /** The place of a call is free as soon as it is answered; its claim goes on until the answer is on record. */
  private record(task: ClaimedRow, result: StartResult): void {
    const recording = this.startCall
      .record(result, () => this.stopping)
      .then(() => {
        this.recording.delete(recording);
        this.starting.delete(task);
      });
    this.recording.add(recording);
  }

  private async idle(): Promise<void> {
    do {
      await this.places.idle();
      await Promise.all(this.recording);
    } while (this.places.busy || this.recording.size > 0);
  }

  private wakeIn(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.lookAgainAt) return;
    this.lookAgainAt = at;
    clearTimeout(this.lookAgain);
    this.lookAgain = setTimeout(() => {
      this.lookAgainAt = Infinity;
      this.loop.wake();
    }, ms).unref();
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { isTimeout } from '../database/faults';
import { DatabaseUnavailable } from '../domain/errors';

/** So long others wait for decisions before they go on without them. */
const GRACE_MS = 20;
/** KindIsolation that take longer than that are slow: the next about the same kinds are made apart, each by itself. */
const SLOW_MS = 250;
/** Twice that is the pause after the first failure; it doubles with each further one. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1600;
/** A statement may take so many times as long as the kind has paused before: one that is slow gets more time, and less often. */
const BUDGET_FACTOR = 20;
/** Of more kinds that were slow or failed, the first are forgotten. */
const MOST_TROUBLED = 1000;

/** The locks of kinds were not to be had in time, or a statement has taken longer than its budget. */
export class OutOfTime extends Error {}

/**
 * Decides about items, in statements that take so many ms at most; answers whether there is more to decide on. It is told
 * whether their kind was slow before, or failed.
 */
type Work<T> = (items: T[], budgetMs: number, isTroubled: boolean) => Promise<boolean>;

/**
 * Has decisions made so that one kind holds up nobody else for long, be it slow or its lock held by somebody who is frozen.
 * Kinds are decided on together while that is quick. If it fails, each is tried by itself, one after another and apart
 * from the others; one that fails alone rests, for longer each time.
 */
export class KindIsolation {
  private readonly logger = new Logger(KindIsolation.name);
  private readonly troubled = new Map<string, { until: number; pauseMs: number }>();
  private readonly busy = new Set<string>();
  private together = Promise.resolve();
  private apart = Promise.resolve();
  private stopped = false;

  /** @param late is called when decisions have been made that nobody waited for any more. */
  constructor(private readonly late: () => void) {}

  /** Kinds that are being decided on, or rest: nothing about them is to be begun. */
  get aside(): string[] {
    const now = performance.now();
    return [...this.busy, ...[...this.troubled].flatMap(([kind, { until }]) => (until > now ? [kind] : []))];
  }

  /** Milliseconds until the next kind has rested; infinite when none rests. */
  get nextMs(): number {
    const now = performance.now();
    let next = Infinity;
    for (const { until } of this.troubled.values()) if (until > now) next = Math.min(next, until - now);
    return next;
  }

  /** Decides about these items, of kinds that are not `aside`. Answers as `work` does, or false if it is not done in a moment. */
  async make<T extends { kind: string }>(items: readonly T[], work: Work<T>): Promise<boolean> {
    const usual = items.filter(({ kind }) => !this.troubled.has(kind));
    this.makeApart(
      items.filter(({ kind }) => this.troubled.has(kind)),
      work,
    );
    if (usual.length === 0) return false;
    for (const { kind } of usual) this.busy.add(kind);
    const made = this.together.then(() => this.attempt(usual, work));
    this.together = made.then(nothing, nothing);
    const isLate = await Promise.race([made.then(() => false), delay(GRACE_MS, true, { ref: false })]);
    if (!isLate) return made;
    void this.together.then(this.late);
    return false;
  }

  /** Resolves when nothing is being decided on. */
  async idle(): Promise<void> {
    await this.together;
    await this.apart;
  }

  /** No further decision begins; resolves when those under way have been made. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.idle();
  }

  private makeApart<T extends { kind: string }>(items: readonly T[], work: Work<T>): void {
    for (const kind of kindsOf(items)) {
      this.busy.add(kind);
      const ofKind = items.filter((item) => item.kind === kind);
      this.apart = this.apart.then(() => this.attempt(ofKind, work)).then(this.late, this.late);
    }
  }

  private async attempt<T extends { kind: string }>(items: T[], work: Work<T>): Promise<boolean> {
    if (this.stopped) return false;
    const kinds = kindsOf(items);
    const known = this.troubled.get(kinds[0]);
    const pauseMs = known?.pauseMs ?? FIRST_PAUSE_MS;
    const begun = performance.now();
    try {
      const more = await work(items, BUDGET_FACTOR * pauseMs, known !== undefined);
      this.ended(kinds);
      this.took(kinds, performance.now() - begun, pauseMs);
      return more;
    } catch (error) {
      this.ended(kinds);
      if (kinds.length > 1 && !(error instanceof DatabaseUnavailable)) this.makeApart(items, work);
      else for (const kind of kinds) this.failed(kind, error);
      if (error instanceof DatabaseUnavailable) throw error;
      return false;
    }
  }

  private ended(kinds: readonly string[]): void {
    for (const kind of kinds) this.busy.delete(kind);
  }

  private took(kinds: readonly string[], ms: number, pauseMs: number): void {
    for (const kind of kinds) {
      if (ms < SLOW_MS) this.troubled.delete(kind);
      else this.remember(kind, 0, pauseMs);
    }
  }

  private remember(kind: string, until: number, pauseMs: number): void {
    this.troubled.set(kind, { until, pauseMs });
    for (const first of this.troubled.keys()) if (this.troubled.size > MOST_TROUBLED) this.troubled.delete(first);
  }

  private failed(kind: string, error: unknown): void {
    const known = this.troubled.get(kind);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * (known?.pauseMs ?? FIRST_PAUSE_MS));
    this.remember(kind, performance.now() + pauseMs, pauseMs);
    if (!(error instanceof OutOfTime || error instanceof DatabaseUnavailable)) {
      this.logger.error('Rules could not decide', error instanceof Error ? error.stack : String(error));
    } else if (!known && error instanceof OutOfTime && isTimeout(error.cause)) {
      this.logger.warn('Rules take long to decide about a kind: its tasks with rules start with pauses', { kind });
    }
  }
}

const kindsOf = (items: readonly { kind: string }[]): string[] => [...new Set(items.map(({ kind }) => kind))];

const nothing = () => undefined;

import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { isTimeout } from '../database/faults';
import { DatabaseUnavailable } from '../domain/errors';
import { OutOfTime } from './out-of-time';

/** How long `decide` waits for a decision before it returns without it. */
const GRACE_MS = 20;
/** A decision that takes longer makes its kinds slow: each is decided alone from then on, beside the others. */
const SLOW_MS = 250;
/** The cooldown after the first failure is twice this; it doubles with each further failure. */
const FIRST_COOLDOWN_MS = 25;
const LONGEST_COOLDOWN_MS = 1600;
/** The budget of a statement, as a multiple of the kind's last cooldown: a slow kind gets more time, and less often. */
const BUDGET_FACTOR = 20;
/** Beyond that many slow kinds, the oldest entries are forgotten. */
const MAX_SLOW_KINDS = 1000;

/**
 * Decides about items, in statements that take `budgetMs` each at most; returns whether there is more to decide.
 * `isSlow` tells whether their kind was slow or failed before.
 */
type Decision<T> = (items: T[], budgetMs: number, isSlow: boolean) => Promise<boolean>;

/**
 * Keeps a slow kind, or one whose lock is held by a frozen replica, from delaying other kinds. Kinds are decided together
 * while that is quick. If that fails, each is decided alone, one after another; one that fails alone gets a cooldown,
 * which grows with every failure.
 */
export class KindIsolation {
  private readonly logger = new Logger(KindIsolation.name);
  private readonly slow = new Map<string, { until: number; cooldownMs: number }>();
  private readonly inProgress = new Set<string>();
  private together = Promise.resolve();
  private alone = Promise.resolve();
  private stopped = false;

  /** @param onLate called when a decision ends that `decide` did not wait for. */
  constructor(private readonly onLate: () => void) {}

  /** Kinds in a decision or a cooldown: no other decision about them may begin. */
  get excludedKinds(): string[] {
    const now = performance.now();
    return [...this.inProgress, ...[...this.slow].flatMap(([kind, { until }]) => (until > now ? [kind] : []))];
  }

  /** Milliseconds until the next cooldown ends; infinite if there is none. */
  get cooldownMs(): number {
    const now = performance.now();
    let next = Infinity;
    for (const { until } of this.slow.values()) if (until > now) next = Math.min(next, until - now);
    return next;
  }

  /**
   * Decides about items of kinds that are not excluded.
   * @returns the result of `decision`, or false if it takes longer than a moment.
   */
  async decide<T extends { kind: string }>(items: readonly T[], decision: Decision<T>): Promise<boolean> {
    const quick = items.filter(({ kind }) => !this.slow.has(kind));
    this.decideAlone(
      items.filter(({ kind }) => this.slow.has(kind)),
      decision,
    );
    if (quick.length === 0) return false;
    for (const { kind } of quick) this.inProgress.add(kind);
    const decided = this.together.then(() => this.attempt(quick, decision));
    this.together = decided.then(nothing, nothing);
    const isLate = await Promise.race([decided.then(() => false), delay(GRACE_MS, true, { ref: false })]);
    if (!isLate) return decided;
    void this.together.then(this.onLate);
    return false;
  }

  /** Resolves when no decision is in progress. */
  async idle(): Promise<void> {
    await this.together;
    await this.alone;
  }

  /** Begins no further decision; resolves when those in progress have ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.idle();
  }

  private decideAlone<T extends { kind: string }>(items: readonly T[], decision: Decision<T>): void {
    for (const kind of kindsOf(items)) {
      this.inProgress.add(kind);
      const ofKind = items.filter((item) => item.kind === kind);
      this.alone = this.alone.then(() => this.attempt(ofKind, decision)).then(this.onLate, this.onLate);
    }
  }

  private async attempt<T extends { kind: string }>(items: T[], decision: Decision<T>): Promise<boolean> {
    if (this.stopped) return false;
    const kinds = kindsOf(items);
    const known = this.slow.get(kinds[0]);
    const cooldownMs = known?.cooldownMs ?? FIRST_COOLDOWN_MS;
    const begun = performance.now();
    try {
      const hasMore = await decision(items, BUDGET_FACTOR * cooldownMs, known !== undefined);
      this.ended(kinds);
      this.succeeded(kinds, performance.now() - begun, cooldownMs);
      return hasMore;
    } catch (error) {
      this.ended(kinds);
      if (kinds.length > 1 && !(error instanceof DatabaseUnavailable)) this.decideAlone(items, decision);
      else for (const kind of kinds) this.failed(kind, error);
      if (error instanceof DatabaseUnavailable) throw error;
      return false;
    }
  }

  private ended(kinds: readonly string[]): void {
    for (const kind of kinds) this.inProgress.delete(kind);
  }

  private succeeded(kinds: readonly string[], ms: number, cooldownMs: number): void {
    for (const kind of kinds) {
      if (ms < SLOW_MS) this.slow.delete(kind);
      else this.remember(kind, 0, cooldownMs);
    }
  }

  private remember(kind: string, until: number, cooldownMs: number): void {
    this.slow.set(kind, { until, cooldownMs });
    for (const oldest of this.slow.keys()) if (this.slow.size > MAX_SLOW_KINDS) this.slow.delete(oldest);
  }

  private failed(kind: string, error: unknown): void {
    const known = this.slow.get(kind);
    const cooldownMs = Math.min(LONGEST_COOLDOWN_MS, 2 * (known?.cooldownMs ?? FIRST_COOLDOWN_MS));
    this.remember(kind, performance.now() + cooldownMs, cooldownMs);
    if (!(error instanceof OutOfTime || error instanceof DatabaseUnavailable)) {
      this.logger.error('Rules failed', error instanceof Error ? error.stack : String(error));
    } else if (!known && error instanceof OutOfTime && isTimeout(error.cause)) {
      this.logger.warn('Rules of a kind are slow: its tasks start with pauses', { kind });
    }
  }
}

const kindsOf = (items: readonly { kind: string }[]): string[] => [...new Set(items.map(({ kind }) => kind))];

const nothing = () => undefined;

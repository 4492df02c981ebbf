import { backoff } from '../domain/backoff';
import type { Answer } from './answer';

/** Statuses that speak for the host: too many requests, unavailable. `Retry-After` of others is about that one call. */
const OF_THE_HOST = new Set([429, 503]);
/** Calls in a row without an answer, after which a host gets a cooldown. */
const FAILURES = 5;
const FIRST_COOLDOWN_MS = 1000;
const LONGEST_COOLDOWN_MS = 10_000;
/** One path may ask for much more, but that says little about the others of its host. */
const LONGEST_REQUESTED_MS = 60_000;
/** Only hosts that fail are kept; beyond this number, those that failed first are forgotten. */
const MAX_KNOWN = 10_000;

interface HostState {
  /** Calls in a row without an answer. */
  failures: number;
  /** Cooldowns in a row because of such calls. */
  cooldowns: number;
  /** The host asked for the cooldown: after it, one call finds out whether it takes calls again. */
  requested: boolean;
  /** By `performance.now()`. */
  until: number;
}

/**
 * The cooldowns of hosts, as this replica knows them. A host that does not answer gets growing ones, a host that asks by
 * `Retry-After` gets what it asks for, at most a minute. Its notifications stay queued and lose no attempt. After a
 * requested cooldown, one call probes the host. After any cooldown, another answer clears the state of the host: one broken
 * path says nothing about the others.
 */
export class HostCooldowns {
  private readonly states = new Map<string, HostState>();

  /** Takes note of a call to a host; returns whether the host is cooling down because of it. */
  record(host: string, { status, retryAfterSecs }: Pick<Answer, 'status' | 'retryAfterSecs'>): boolean {
    if (status === undefined) return this.recordFailure(host);
    if (retryAfterSecs && OF_THE_HOST.has(status)) {
      const state = this.stateOf(host);
      state.requested = true;
      return this.begin(state, Math.min(LONGEST_REQUESTED_MS, retryAfterSecs * 1000));
    }
    if (!this.isCoolingDown(host)) this.states.delete(host);
    return false;
  }

  isCoolingDown(host: string): boolean {
    return this.remainingMs(host) > 0;
  }

  /** Returns the ms until the cooldown of a host ends; 0 without one. */
  remainingMs(host: string): number {
    return Math.max(0, (this.states.get(host)?.until ?? 0) - performance.now());
  }

  get coolingDown(): string[] {
    return [...this.states.keys()].filter((host) => this.isCoolingDown(host));
  }

  /** Returns whether a host may get one call at a time only, because its requested cooldown has just ended. */
  isProbed(host: string): boolean {
    return !this.isCoolingDown(host) && (this.states.get(host)?.requested ?? false);
  }

  get probed(): string[] {
    return [...this.states.keys()].filter((host) => this.isProbed(host));
  }

  private recordFailure(host: string): boolean {
    const state = this.stateOf(host);
    // No answer is no request for a cooldown. Probing a dead host with single calls would never exhaust its queue.
    if (!this.isCoolingDown(host)) state.requested = false;
    state.failures++;
    // Calls in flight at the same time fail for the same cause, which counts once.
    if (state.failures < FAILURES || this.isCoolingDown(host)) return false;
    return this.begin(state, backoff(FIRST_COOLDOWN_MS, LONGEST_COOLDOWN_MS, ++state.cooldowns));
  }

  private begin(state: HostState, ms: number): boolean {
    state.until = Math.max(state.until, performance.now() + ms);
    return ms > 0;
  }

  private stateOf(host: string): HostState {
    const state = this.states.get(host) ?? { failures: 0, cooldowns: 0, requested: false, until: 0 };
    if (this.states.size >= MAX_KNOWN && !this.states.has(host)) {
      this.states.delete(this.states.keys().next().value!);
    }
    this.states.set(host, state);
    return state;
  }
}

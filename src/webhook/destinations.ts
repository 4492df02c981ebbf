import { backoff } from '../domain/pauses';
import type { Answer } from './call';

/** Too many requests, and unavailable: these speak of the host. `Retry-After` of another answer is about that one call. */
const OF_THE_HOST = new Set([429, 503]);
/** So many calls in a row without an answer, and a host is left alone for a while. */
const FAILURES = 5;
const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 10_000;
/** One path may ask for much more, but that says little about the others of its host. */
const LONGEST_WISH_MS = 60_000;
/** Only hosts that fail are known here; of more, the ones that failed first are forgotten. */
const MOST_KNOWN = 10_000;

interface Trouble {
  failures: number;
  rests: number;
  /** It has asked to be left alone: when that is over, one call finds out whether it still wants that. */
  asked: boolean;
  /** By `performance.now()`. */
  restsUntil: number;
}

/**
 * Hosts that are left alone for a while, as this replica has found them: those that do not answer at all, for growing
 * times, and those that ask for it by `Retry-After`, for a minute at most. What is for them stays in the queue and loses no
 * attempt by it. Afterwards, one call probes a host that has asked. An answer, whatever it says, ends that: one broken
 * path of a host says nothing about the others.
 */
export class Destinations {
  private readonly troubled = new Map<string, Trouble>();

  /** To be told of each call to a host; answers whether the host is left alone because of it. */
  heard(host: string, { status, retryAfterSecs }: Pick<Answer, 'status' | 'retryAfterSecs'>): boolean {
    if (status === undefined) return this.failed(host);
    if (retryAfterSecs !== undefined && OF_THE_HOST.has(status)) return this.asksToRest(host, retryAfterSecs);
    if (!this.rests(host)) this.troubled.delete(host);
    return false;
  }

  rests(host: string): boolean {
    return this.restMs(host) > 0;
  }

  /** For how many ms the host is left alone yet; 0 if it is not. */
  restMs(host: string): number {
    return Math.max(0, (this.troubled.get(host)?.restsUntil ?? 0) - performance.now());
  }

  /** All hosts that are left alone just now. */
  get resting(): string[] {
    return [...this.troubled.keys()].filter((host) => this.rests(host));
  }

  /** Whether no more than one call may be made to the host, because it is not known whether it wants any. */
  isProbed(host: string): boolean {
    return !this.rests(host) && (this.troubled.get(host)?.asked ?? false);
  }

  /** All hosts of which this is so. */
  get probed(): string[] {
    return [...this.troubled.keys()].filter((host) => this.isProbed(host));
  }

  private asksToRest(host: string, secs: number): boolean {
    this.troubleOf(host).asked = true;
    return this.rest(host, Math.min(LONGEST_WISH_MS, secs * 1000));
  }

  private failed(host: string): boolean {
    const trouble = this.troubleOf(host);
    // Silence is no wish. If single calls went on probing a host that is gone, its queue would never be given up.
    if (!this.rests(host)) trouble.asked = false;
    trouble.failures++;
    // Calls that were under way together say the same thing once.
    if (trouble.failures < FAILURES || this.rests(host)) return false;
    return this.rest(host, backoff(FIRST_REST_MS, LONGEST_REST_MS, ++trouble.rests));
  }

  private rest(host: string, ms: number): boolean {
    const trouble = this.troubleOf(host);
    trouble.restsUntil = Math.max(trouble.restsUntil, performance.now() + ms);
    return ms > 0;
  }

  private troubleOf(host: string): Trouble {
    const known = this.troubled.get(host) ?? { failures: 0, rests: 0, asked: false, restsUntil: 0 };
    if (this.troubled.size >= MOST_KNOWN && !this.troubled.has(host)) {
      this.troubled.delete(this.troubled.keys().next().value!);
    }
    this.troubled.set(host, known);
    return known;
  }
}

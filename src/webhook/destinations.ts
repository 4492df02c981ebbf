import type { Answer } from './call';

/** Too many requests, and unavailable: these speak of the host. `Retry-After` of another answer is about that one call. */
const OF_THE_HOST = new Set([429, 503]);
/** So many calls in a row without an answer, and a host is left alone for a while. */
const FAILURES = 5;
const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 10_000;
/** Longer, nobody may ask to be left alone. */
export const LONGEST_WISH_SECS = 3600;
/** Only hosts that fail are known here; of more, the ones that failed first are forgotten. */
const MOST_KNOWN = 10_000;

interface Trouble {
  failures: number;
  rests: number;
  /** By `performance.now()`. */
  restsUntil: number;
}

/**
 * Hosts that are left alone for a while, as this replica has found them: those that do not answer at all, for growing
 * times, and those that ask for it by `Retry-After`. What is for them stays in the queue and loses no attempt by it. An
 * answer, whatever it says, ends that: one broken path of a host says nothing about the others.
 */
export class Destinations {
  private readonly troubled = new Map<string, Trouble>();

  /** To be told of each call to a host; answers whether the host is left alone because of it. */
  heard(host: string, { status, retryAfterSecs }: Pick<Answer, 'status' | 'retryAfterSecs'>): boolean {
    if (status === undefined) return this.failed(host);
    if (retryAfterSecs !== undefined && OF_THE_HOST.has(status))
      return this.rest(host, Math.min(LONGEST_WISH_SECS, retryAfterSecs) * 1000);
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

  private failed(host: string): boolean {
    const trouble = this.troubleOf(host);
    trouble.failures++;
    // Calls that were under way together say the same thing once.
    if (trouble.failures < FAILURES || this.rests(host)) return false;
    const full = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** trouble.rests++);
    return this.rest(host, full * (0.5 + Math.random() / 2));
  }

  private rest(host: string, ms: number): boolean {
    const trouble = this.troubleOf(host);
    trouble.restsUntil = Math.max(trouble.restsUntil, performance.now() + ms);
    return ms > 0;
  }

  private troubleOf(host: string): Trouble {
    const known = this.troubled.get(host) ?? { failures: 0, rests: 0, restsUntil: 0 };
    if (this.troubled.size >= MOST_KNOWN && !this.troubled.has(host)) {
      this.troubled.delete(this.troubled.keys().next().value!);
    }
    this.troubled.set(host, known);
    return known;
  }
}

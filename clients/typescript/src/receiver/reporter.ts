import { setTimeout as sleep } from 'node:timers/promises';
import { HooklineError } from '../error.ts';
import { exchange } from '../http.ts';
import type { Increment, Report } from '../types.ts';

const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** Longer than any restart or the loss of a machine: a lost result means that the work is done again. */
const RESULT_PATIENCE_MS = 15 * 60_000;
/** Longest accepted `Retry-After`, so that it does not use up the time for attempts. */
const MAX_RETRY_AFTER_MS = 60_000;
/** Progress that fails is added to the next report. */
const PROGRESS_PATIENCE_MS = 10_000;
/** Statuses of a started task whose claim was lost with its worker; it will accept reports again. */
const TRANSIENT = ['Waiting', 'Pending', 'Paused'];

/** Reports on an attempt to its handle. Methods return whether the report was accepted; if not, the attempt is over. */
export class Reporter {
  constructor(private readonly handle: string) {}

  /**
   * Reports the result until the service has it. If an answer is lost, the next one says that the attempt has ended.
   * @throws {HooklineError}
   */
  end(result: Report): Promise<boolean> {
    return this.send('PATCH', result, RESULT_PATIENCE_MS);
  }

  /**
   * Reports progress. If an answer is lost, the progress is counted twice.
   * @throws {HooklineError}
   */
  count(increment: Increment): Promise<boolean> {
    return this.send('PUT', increment, PROGRESS_PATIENCE_MS);
  }

  /**
   * Sends a sign of life, without retries: the next one follows anyway.
   * @throws {HooklineError}
   */
  beat(): Promise<boolean> {
    return this.send('PATCH', {}, 0);
  }

  private async send(method: 'PUT' | 'PATCH', body: object, patienceMs: number): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      try {
        await exchange(this.handle, { method, body, timeoutMs: TIMEOUT_MS });
        return true;
      } catch (error) {
        if (!(error instanceof HooklineError)) throw error;
        const isTransient = error.status === 404 && TRANSIENT.includes(error.currentStatus ?? '');
        if (error.status === 409 || (error.status === 404 && !isTransient)) return false;
        if (!error.isTemporary && !isTransient) throw error;
        const pauseMs = Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) + jitter(attempt);
        if (performance.now() + pauseMs > deadline) throw error;
        await sleep(pauseMs);
      }
    }
  }
}

/** Random, so that receivers that lost the service together do not return together. */
const jitter = (attempt: number): number =>
  FIRST_PAUSE_MS / 2 + Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);

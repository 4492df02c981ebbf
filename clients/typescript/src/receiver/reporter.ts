import { setTimeout as sleep } from 'node:timers/promises';
import { HooklineError } from '../error.ts';
import { exchange } from '../http.ts';
import type { Increment, Report } from '../types.ts';

const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** A result that is lost has to be worked again: longer than any restart takes, or the loss of a machine. */
const RESULT_PATIENCE_MS = 15 * 60_000;
/** Whoever asks for a longer pause is asked again after that one: it must not use up the patience. */
const LONGEST_WISH_MS = 60_000;
/** What is not counted now is counted with the next report. */
const PROGRESS_PATIENCE_MS = 10_000;
/** In these a task that was started is between two owners, after a process of the service was lost: it takes reports again. */
const PASSING = ['Waiting', 'Pending', 'Paused'];

/** Reports on one task to its handle. Each method answers whether the task took the report; if not, it has ended or is gone. */
export class Reporter {
  constructor(private readonly handle: string) {}

  /**
   * Reports the result until the service has it. If the answer to it was lost, the next attempt finds that the task has ended.
   * @throws {HooklineError}
   */
  end(result: Report): Promise<boolean> {
    return this.send('PATCH', result, RESULT_PATIENCE_MS);
  }

  /**
   * Counts progress. If an answer is lost, it is counted twice.
   * @throws {HooklineError}
   */
  count(increment: Increment): Promise<boolean> {
    return this.send('PUT', increment, PROGRESS_PATIENCE_MS);
  }

  /**
   * A sign of life; the next one is its next attempt.
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
        const isPassing = error.status === 404 && PASSING.includes(error.currentStatus ?? '');
        if (error.status === 404 && !isPassing) return false;
        if (!error.isTemporary && !isPassing) throw error;
        const pauseMs = Math.min(error.retryAfterMs ?? 0, LONGEST_WISH_MS) + jitter(attempt);
        if (performance.now() + pauseMs > deadline) throw error;
        await sleep(pauseMs);
      }
    }
  }
}

/** Random, so that receivers which lost the service together do not come back together. */
const jitter = (attempt: number): number =>
  FIRST_PAUSE_MS / 2 + Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);

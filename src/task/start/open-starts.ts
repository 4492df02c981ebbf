import { Injectable } from '@nestjs/common';
import { attemptKey } from '../report/outcome';
import type { StartResult } from './start-result';

/** How long an acceptance waits: receivers of quick tasks report within that time of their answer. */
const LINGER_MS = 20;
const CHECK_EVERY_MS = 5;

interface Attempt {
  id: string;
  attempt: number;
}

interface OpenStart {
  task: Attempt;
  isReported: boolean;
  wait?: Wait;
}

/** The wait of an accepted start for a report. */
interface Wait {
  startResult: StartResult;
  /** By `performance.now()`. */
  until: number;
  /** @param isWritten resolves to whether the acceptance was written with the report */
  end: (isWritten: Promise<boolean> | false) => void;
}

/**
 * The start calls of this replica whose results are not recorded yet. The record of an accepted one waits a moment for the
 * first report on its attempt, so that both are written at once: a quick task goes from `Claimed` to its end in one update.
 * Nobody waits for this record, and until it is made the claim says that the call is in flight.
 */
@Injectable()
export class OpenStarts {
  private readonly starts = new Map<string, OpenStart>();
  /** The starts that wait for a report, in the order in which their waits end. */
  private readonly waiting = new Set<OpenStart>();
  private timer?: NodeJS.Timeout;

  /** Tasks that are being called, or whose start result is being recorded. */
  get taskIds(): string[] {
    return [...this.starts.values()].map(({ task }) => task.id);
  }

  add(task: Attempt): void {
    this.starts.set(attemptKey(task), { task, isReported: false });
  }

  /** Removes a start, unless its attempt was started again since. */
  delete(task: Attempt): void {
    const key = attemptKey(task);
    if (this.starts.get(key)?.task === task) this.starts.delete(key);
  }

  /** Takes note of a report. Returns the acceptance that has waited for it: the caller writes both, and ends the wait. */
  reported(attempt: Attempt): Wait | undefined {
    const start = this.starts.get(attemptKey(attempt));
    if (!start) return undefined;
    start.isReported = true;
    return this.takeWait(start);
  }

  /** Waits for a report on an accepted attempt, if none has come before; resolves to whether both are written. */
  async waitForReport(startResult: StartResult): Promise<boolean> {
    const start = this.starts.get(attemptKey(startResult));
    if (!start || start.isReported) return false;
    return new Promise((end) => {
      start.wait = { startResult, until: performance.now() + LINGER_MS, end };
      this.waiting.add(start);
      this.timer ??= setTimeout(() => this.endWaits(), CHECK_EVERY_MS);
    });
  }

  private takeWait(start: OpenStart): Wait | undefined {
    const { wait } = start;
    start.wait = undefined;
    this.waiting.delete(start);
    return wait;
  }

  private endWaits(): void {
    const now = performance.now();
    for (const start of this.waiting) {
      if (start.wait!.until > now) break;
      this.takeWait(start)!.end(false);
    }
    this.timer = this.waiting.size > 0 ? setTimeout(() => this.endWaits(), CHECK_EVERY_MS) : undefined;
  }
}

import { HooklineError } from './error.ts';
import type { LiveEvent } from './live.ts';
import type { BatchStats } from './types.ts';

export interface WaitOptions {
  /** Called with the first statistics, and whenever they change. */
  onProgress?: (stats: BatchStats) => void;
  /** Ends the wait, which rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Time limit in milliseconds; then the wait rejects with a `TimeoutError`. Default: no limit. */
  timeoutMs?: number;
}

/** Poll interval without an event stream. */
const POLL_MS = 1000;
/** Poll interval with an event stream, as a proxy may hold events back. */
const SAFETY_MS = 15_000;

/** Sources of statistics and events. */
export interface Watched {
  stats(signal: AbortSignal): Promise<BatchStats>;
  events(signal: AbortSignal): AsyncIterable<LiveEvent>;
}

/**
 * Waits until all tasks of a batch have ended, and returns its statistics. Only the statistics decide; events just
 * trigger a request for them, so a lost event does no harm. Temporary failures are retried.
 */
export async function untilEnded(batch: Watched, { onProgress, signal, timeoutMs }: WaitOptions): Promise<BatchStats> {
  const over = new AbortController();
  const limits = [over.signal, ...(signal ? [signal] : [])];
  if (timeoutMs !== undefined) limits.push(AbortSignal.timeout(timeoutMs));
  const end = AbortSignal.any(limits);
  const bell = new Bell(batch, end);
  let shown: string | undefined;
  try {
    for (;;) {
      end.throwIfAborted();
      bell.silence();
      const stats = await statsOf(batch, end);
      if (stats) {
        const text = JSON.stringify(stats);
        if (text !== shown) onProgress?.(stats);
        shown = text;
        if (hasEnded(stats)) return stats;
      }
      await bell.wait(stats && bell.isConnected ? SAFETY_MS : POLL_MS);
    }
  } finally {
    over.abort();
  }
}

/** Returns undefined while the service is unavailable. */
async function statsOf(batch: Watched, signal: AbortSignal): Promise<BatchStats | undefined> {
  try {
    return await batch.stats(signal);
  } catch (error) {
    if (error instanceof HooklineError && error.isTemporary) return undefined;
    throw error;
  }
}

function hasEnded({ total_tasks, status_counts: { success, failure, canceled } }: BatchStats): boolean {
  return success + failure + canceled === total_tasks;
}

/** Rings when something has changed, and when the wait ends. */
class Bell {
  isConnected = false;
  private hasRung = false;
  private wake = () => {};

  constructor(batch: Watched, end: AbortSignal) {
    end.addEventListener('abort', () => this.ring(), { once: true });
    // Errors that matter also fail the request for the statistics.
    void this.listen(batch.events(end)).catch(() => (this.isConnected = false));
  }

  /** Resets the bell before the statistics are read. */
  silence(): void {
    this.hasRung = false;
  }

  /** Resolves when it rings, at once if it has rung already, or after the time. */
  async wait(ms: number): Promise<void> {
    if (this.hasRung) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private ring(): void {
    this.hasRung = true;
    this.wake();
  }

  private async listen(events: AsyncIterable<LiveEvent>): Promise<void> {
    for await (const { type } of events) {
      this.isConnected = type !== 'interrupted';
      this.ring();
    }
  }
}

import { HooklineError } from './error.ts';
import type { LiveEvent } from './live.ts';
import type { BatchStats } from './types.ts';

export interface WaitOptions {
  /** Called with the statistics at first, and whenever they have changed. */
  onProgress?: (stats: BatchStats) => void;
  /** Ends the waiting; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How long to wait at most, in milliseconds; it rejects with a `TimeoutError` then. No limit if it is absent. */
  timeoutMs?: number;
}

/** How often to look when nobody tells of changes. */
const POLL_MS = 1000;
/** How often to look although changes are told: a proxy may hold them back. */
const SAFETY_MS = 15_000;

/** Where to look, and who tells when to. */
export interface Watched {
  stats(signal: AbortSignal): Promise<BatchStats>;
  events(signal: AbortSignal): AsyncIterable<LiveEvent>;
}

/**
 * Resolves to the statistics of a batch whose tasks have all ended, however they did. The statistics alone decide; events
 * only say when it is worth to look, so that nothing is lost with them. Temporary failures are waited out.
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
      const stats = await look(batch, end);
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

/** Undefined while the service is away. */
async function look(batch: Watched, signal: AbortSignal): Promise<BatchStats | undefined> {
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

/** Rings when something has changed, and at the end. */
class Bell {
  isConnected = false;
  private hasRung = false;
  private wake = () => {};

  constructor(batch: Watched, end: AbortSignal) {
    end.addEventListener('abort', () => this.ring(), { once: true });
    // Whoever waits asks for the statistics as well, and hears there of what matters.
    void this.listen(batch.events(end)).catch(() => (this.isConnected = false));
  }

  /** What rang until now is being looked at. */
  silence(): void {
    this.hasRung = false;
  }

  /** Resolves when it rings, at once if it has; or when the time is up. */
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

import { Overloaded } from '../domain/errors';

const RETRY_AFTER_SECS = 1;

/** How much may run at once, how much more may wait, and for how long. */
interface Bounds {
  running: number;
  waiting: number;
  waitMs: number;
}

/** Bounds how much of one kind of work runs at once. More work waits in order of arrival, within bounds of its own. */
export class Slots {
  private running = 0;
  private readonly queue = new Set<() => void>();

  /** @param refusal message for callers beyond the bounds. */
  constructor(
    private readonly bounds: Bounds,
    private readonly refusal: string,
  ) {}

  /** Returns how much work runs and how much waits. */
  get load(): { running: number; waiting: number } {
    return { running: this.running, waiting: this.queue.size };
  }

  /**
   * Runs `work` when a slot is free.
   * @throws {Overloaded} when too many callers wait, or no slot becomes free in time.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.bounds.running) this.running++;
    else await this.slot();
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  private slot(): Promise<void> {
    if (this.queue.size >= this.bounds.waiting) throw this.refused();
    return new Promise((resolve, reject) => {
      const proceed = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.queue.delete(proceed);
        reject(this.refused());
      }, this.bounds.waitMs);
      this.queue.add(proceed);
    });
  }

  /** Passes the slot to the caller that has waited longest. */
  private release(): void {
    const [next] = this.queue;
    if (!next) {
      this.running--;
      return;
    }
    this.queue.delete(next);
    next();
  }

  private refused(): Overloaded {
    return new Overloaded(this.refusal, RETRY_AFTER_SECS);
  }
}

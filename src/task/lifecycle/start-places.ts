import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { InFlight } from '../../loops/in-flight';
import type { ClaimedRow } from '../sql/claim';

/**
 * Places for start calls of this replica. Whoever sets tasks free may claim them in the same transaction and have them
 * started right after the commit: one commit from a result to the next start call. Only while nothing else waits for a
 * place, for whatever waits comes first by its priority.
 */
@Injectable()
export class StartPlaces {
  readonly inFlight: InFlight;
  /** Tasks that wait for a place of this replica, as far as it knows. */
  backlog = false;
  private reserved = 0;
  private freed: () => void = () => undefined;
  private start?: (tasks: readonly ClaimedRow[]) => void;

  constructor(@Inject(CONFIG) { worker }: Config) {
    this.inFlight = new InFlight(worker.webhookConcurrency, () => this.backlog && this.freed());
  }

  /** Places that are neither taken nor reserved. */
  get free(): number {
    return Math.max(0, this.inFlight.free - this.reserved);
  }

  /** From now on `start` makes start calls, and `freed` is called when there are places for what waits. */
  open(start: (tasks: readonly ClaimedRow[]) => void, freed: () => void): void {
    this.start = start;
    this.freed = freed;
  }

  /** No place is given any more. */
  close(): void {
    this.start = undefined;
  }

  /**
   * Reserves half of the free places while `work` claims tasks in a transaction, at most as many as it is told; the claimed tasks
   * that it answers are started.
   */
  async during<T extends { finished: { claimed: readonly ClaimedRow[] } }>(
    work: (places: number) => Promise<T>,
  ): Promise<T> {
    const { start } = this;
    const places = start && !this.backlog ? Math.ceil(this.free / 2) : 0;
    this.reserved += places;
    try {
      const result = await work(places);
      this.reserved -= places;
      start?.(result.finished.claimed);
      return result;
    } catch (error) {
      this.reserved -= places;
      throw error;
    } finally {
      // Whoever found no place meanwhile is to look again.
      if (places > 0 && this.backlog) this.freed();
    }
  }
}

import { Injectable } from '@nestjs/common';
import type { CoalescerName } from '../metrics/database-metrics';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { Coalescer } from './coalescer';

type Options = Omit<NonNullable<ConstructorParameters<typeof Coalescer>[1]>, 'onFlush' | 'traced'>;

/** Makes coalescers whose flushes are shown in metrics and traces. */
@Injectable()
export class Coalescers {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {}

  /** Returns a coalescer; `name` is its label in metrics and traces. */
  create<Item, Result>(
    name: CoalescerName,
    flush: (items: Item[]) => Promise<Result[]>,
    options: Options = {},
  ): Coalescer<Item, Result> {
    return new Coalescer(flush, {
      ...options,
      onFlush: (items) => this.metrics.database.flushed(name, items),
      traced: { tracing: this.tracing, coalescer: name },
    });
  }
}

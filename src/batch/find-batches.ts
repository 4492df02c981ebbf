import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { batchNotFound } from '../domain/errors';
import type { Page } from '../http/page-links';
import { pageOf } from '../http/page.dto';
import { BatchStatsDto } from './batch-stats.dto';
import { BatchSummaryDto, type ListBatchesDto } from './batch-summary.dto';
import { listBatches } from './sql/list';
import { batchStats } from './sql/stats';

/** Reads batches for clients. */
@Injectable()
export class FindBatches {
  constructor(
    private readonly readers: Readers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws {NotFound} when the batch does not exist. */
  async stats(batchId: string): Promise<BatchStatsDto> {
    const [row] = await this.readers.run(batchStats, batchId);
    if (!row) throw batchNotFound(batchId);
    return BatchStatsDto.from(batchId, row);
  }

  /** Returns one page of batches. */
  async list(filter: ListBatchesDto): Promise<Page<BatchSummaryDto>> {
    const bounds = pageOf(filter, this.config.pagination);
    const [statement, values] = listBatches(filter, bounds.limit, bounds.offset);
    const rows = await this.readers.run(statement, ...values);
    return { items: rows.map((row) => BatchSummaryDto.from(row)), bounds, isFull: rows.length === bounds.limit };
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { batchNotFound } from '../domain/errors';
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

  /** Returns one page of batches, newest first. */
  async list(filter: ListBatchesDto): Promise<BatchSummaryDto[]> {
    const { limit, offset } = pageOf(filter, this.config.pagination);
    const [statement, values] = listBatches(filter, limit, offset);
    const rows = await this.readers.run(statement, ...values);
    return rows.map((row) => BatchSummaryDto.from(row));
  }
}

import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Database } from '../database/database';
import { NotFound } from '../domain/errors';
import { ApiProblem } from '../http/api-problem';
import { UuidPipe } from '../http/pipes';
import { BatchStatsDto } from './batch-stats.dto';
import { batchStats } from './sql/stats';

@ApiTags('Batches')
@Controller('batch')
export class BatchController {
  constructor(private readonly database: Database) {}

  @Get(':batch_id')
  @ApiOperation({ summary: 'How far a batch has come' })
  @ApiParam({ name: 'batch_id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, type: BatchStatsDto })
  @ApiProblem(400, 404, 503)
  async stats(@Param('batch_id', UuidPipe) batchId: string): Promise<BatchStatsDto> {
    const [row] = await this.database.run(batchStats, batchId);
    if (!row) throw new NotFound(`There is no batch ${batchId}`);
    return BatchStatsDto.from(batchId, row);
  }
}

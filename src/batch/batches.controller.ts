import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { ApiProblem } from '../http/api-problem';
import { pageOf } from '../http/page.dto';
import { BatchSummaryDto, ListBatchesDto } from './batch-summary.dto';
import { listBatches } from './sql/list';

@ApiTags('Batches')
@Controller('batches')
export class BatchesController {
  constructor(
    private readonly readers: Readers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List batches, newest first' })
  @ApiQuery({ type: ListBatchesDto })
  @ApiResponse({ status: 200, type: [BatchSummaryDto] })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown): Promise<BatchSummaryDto[]> {
    const filter = ListBatchesDto.parse(query);
    const { limit, offset } = pageOf(filter, this.config.pagination);
    const [statement, values] = listBatches(filter, limit, offset);
    const rows = await this.readers.run(statement, ...values);
    return rows.map((row) => BatchSummaryDto.from(row));
  }
}

import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../http/api-problem';
import { BatchSummaryDto, ListBatchesDto } from './batch-summary.dto';
import { FindBatches } from './find-batches';

@ApiTags('Batches')
@Controller('batches')
export class BatchesController {
  constructor(private readonly batches: FindBatches) {}

  @Get()
  @ApiOperation({ summary: 'List batches, newest first' })
  @ApiQuery({ type: ListBatchesDto })
  @ApiResponse({ status: 200, type: [BatchSummaryDto], description: 'A page of batches' })
  @ApiProblem(400, 503)
  list(@Query() query: unknown): Promise<BatchSummaryDto[]> {
    return this.batches.list(ListBatchesDto.parse(query));
  }
}

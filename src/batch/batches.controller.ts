import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { LINK_HEADER, linked } from '../http/page-links';
import { BatchSummaryDto, ListBatchesDto } from './batch-summary.dto';
import { FindBatches } from './find-batches';

@ApiTags('Batches')
@Controller('batches')
export class BatchesController {
  constructor(
    private readonly batches: FindBatches,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @Accepts({ query: ListBatchesDto })
  @ApiOperation({
    summary: 'List batches, by default newest first',
    description: 'Filters combine with AND. The header `Link` leads to the other pages.',
  })
  @ApiQuery({ type: ListBatchesDto })
  @ApiResponse({ status: 200, type: [BatchSummaryDto], description: 'A page of batches', headers: LINK_HEADER })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<BatchSummaryDto[]> {
    return linked(reply, this.config.hostUrl, await this.batches.list(ListBatchesDto.parse(query)));
  }
}

import { Controller, Delete, Get, Patch } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../http/api-problem';
import { JsonBody, UuidParam } from '../http/params';
import { BatchStatsDto } from './batch-stats.dto';
import { FindBatches } from './find-batches';
import { StopBatch } from './stop-batch';
import { StopDto } from './stop-batch.dto';
import { UpdateRules } from './update-rules';
import { RulesUpdatedDto, UpdateRulesDto } from './update-rules.dto';

const BATCH_ID = {
  name: 'batch_id',
  description: 'UUID of the batch',
  schema: { type: 'string', format: 'uuid' },
} as const;

@ApiTags('Batches')
@Controller('batch')
export class BatchController {
  constructor(
    private readonly batches: FindBatches,
    private readonly stopping: StopBatch,
    private readonly rules: UpdateRules,
  ) {}

  @Get(':batch_id')
  @ApiOperation({ summary: 'Get the statistics of a batch' })
  @ApiParam(BATCH_ID)
  @ApiResponse({ status: 200, type: BatchStatsDto })
  @ApiProblem(400, 404, 503)
  stats(@UuidParam('batch_id') batchId: string): Promise<BatchStatsDto> {
    return this.batches.stats(batchId);
  }

  @Delete(':batch_id')
  @ApiOperation({ summary: 'Stop a batch: cancel all of its tasks that have not ended' })
  @ApiParam(BATCH_ID)
  @ApiResponse({ status: 200, type: StopDto })
  @ApiProblem(400, 404, 413, 415, 503)
  stop(@UuidParam('batch_id') batchId: string): Promise<StopDto> {
    return this.stopping.batch(batchId);
  }

  @Patch(':batch_id/rules')
  @ApiOperation({ summary: 'Replace the rules of all unfinished tasks of one kind' })
  @ApiParam(BATCH_ID)
  @ApiBody({ type: UpdateRulesDto })
  @ApiResponse({ status: 200, type: RulesUpdatedDto })
  @ApiProblem(400, 404, 413, 415, 503)
  async updateRules(@UuidParam('batch_id') batchId: string, @JsonBody() body: unknown): Promise<RulesUpdatedDto> {
    const { kind, rules } = UpdateRulesDto.parse(body);
    return { batch_id: batchId, kind, updated_count: await this.rules.ofKind(batchId, kind, rules) };
  }
}

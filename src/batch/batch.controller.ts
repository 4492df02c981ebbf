import { Controller, Delete, Get, Patch } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { Actor, BatchId, JsonBody } from '../http/params';
import { BatchStatsDto } from './batch-stats.dto';
import { FindBatches } from './find-batches';
import { StopBatch } from './stop-batch';
import { StopDto } from './stop-batch.dto';
import { UpdateRules } from './update-rules';
import { RulesUpdatedDto, UpdateRulesDto } from './update-rules.dto';

@ApiTags('Batches')
@Controller('batch')
export class BatchController {
  constructor(
    private readonly batches: FindBatches,
    private readonly stopping: StopBatch,
    private readonly rules: UpdateRules,
  ) {}

  @Get(':batch_id')
  @ApiOperation({
    summary: 'Get the statistics of a batch',
    description: 'Sums over all of its tasks, and their number in each status.',
  })
  @ApiResponse({ status: 200, type: BatchStatsDto, description: 'Statistics of the batch' })
  @ApiProblem(400, 404, 503)
  stats(@BatchId() batchId: string): Promise<BatchStatsDto> {
    return this.batches.stats(batchId);
  }

  @Delete(':batch_id')
  @ApiOperation({
    summary: 'Stop a batch: cancel all of its tasks that have not ended',
    description: 'Tasks that have ended keep their status. A stopped batch takes no more tasks.',
  })
  @ApiResponse({ status: 200, type: StopDto, description: 'The batch is stopped.' })
  @ApiProblem(400, 404, 413, 415, 503)
  stop(@BatchId() batchId: string, @Actor() actor: string | null): Promise<StopDto> {
    return this.stopping.batch(batchId, actor);
  }

  @Patch(':batch_id/rules')
  @Accepts({ body: [UpdateRulesDto] })
  @ApiOperation({
    summary: 'Replace the rules of all unfinished tasks of one kind',
    description: 'An empty array removes them. Tasks that are running go on.',
  })
  @ApiBody({ type: UpdateRulesDto })
  @ApiResponse({ status: 200, type: RulesUpdatedDto, description: 'The rules are replaced.' })
  @ApiProblem(400, 404, 413, 415, 503)
  async updateRules(
    @BatchId() batchId: string,
    @JsonBody() body: unknown,
    @Actor() actor: string | null,
  ): Promise<RulesUpdatedDto> {
    const { kind, rules } = UpdateRulesDto.parse(body);
    return { batch_id: batchId, kind, updated_count: await this.rules.ofKind(batchId, kind, rules, actor) };
  }
}

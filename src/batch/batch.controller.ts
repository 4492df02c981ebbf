import { Controller, Delete, Get, Patch } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Readers } from '../database/readers';
import { NotFound } from '../domain/errors';
import { ApiProblem } from '../http/api-problem';
import { JsonBody, UuidParam } from '../http/params';
import { BatchStatsDto } from './batch-stats.dto';
import { batchStats } from './sql/stats';
import { StopBatch, StopDto } from './stop-batch';
import { UpdateRules } from './update-rules';
import { RulesUpdatedDto, UpdateRulesDto } from './update-rules.dto';

@ApiTags('Batches')
@Controller('batch')
export class BatchController {
  constructor(
    private readonly readers: Readers,
    private readonly stopping: StopBatch,
    private readonly rules: UpdateRules,
  ) {}

  @Get(':batch_id')
  @ApiOperation({ summary: 'How far a batch has come' })
  @ApiParam({ name: 'batch_id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, type: BatchStatsDto })
  @ApiProblem(400, 404, 503)
  async stats(@UuidParam('batch_id') batchId: string): Promise<BatchStatsDto> {
    const [row] = await this.readers.run(batchStats, batchId);
    if (!row) throw new NotFound(`There is no batch ${batchId}`);
    return BatchStatsDto.from(batchId, row);
  }

  @Delete(':batch_id')
  @ApiOperation({ summary: 'StopBatch a batch: cancel everything in it that has not ended' })
  @ApiParam({ name: 'batch_id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, type: StopDto })
  @ApiProblem(400, 404, 413, 415, 503)
  stop(@UuidParam('batch_id') batchId: string): Promise<StopDto> {
    return this.stopping.batch(batchId);
  }

  @Patch(':batch_id/rules')
  @ApiOperation({ summary: 'Replace the rules of the unfinished tasks of one kind' })
  @ApiParam({ name: 'batch_id', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ type: UpdateRulesDto })
  @ApiResponse({ status: 200, type: RulesUpdatedDto })
  @ApiProblem(400, 404, 413, 415, 503)
  async updateRules(@UuidParam('batch_id') batchId: string, @JsonBody() body: unknown): Promise<RulesUpdatedDto> {
    const { kind, rules } = UpdateRulesDto.parse(body);
    return { batch_id: batchId, kind, updated_count: await this.rules.ofKind(batchId, kind, rules) };
  }
}

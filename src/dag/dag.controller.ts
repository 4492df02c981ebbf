import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../http/api-problem';
import { UuidParam } from '../http/params';
import { DagDto } from './dag.dto';
import { FindDag } from './find-dag';

@ApiTags('Batches')
@Controller('dag')
export class DagController {
  constructor(private readonly dags: FindDag) {}

  @Get(':batch_id')
  @ApiOperation({ summary: 'The graph of a batch: its tasks, and which waits for which' })
  @ApiParam({ name: 'batch_id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, type: DagDto })
  @ApiProblem(400, 404, 503)
  get(@UuidParam('batch_id') batchId: string): Promise<DagDto> {
    return this.dags.byBatch(batchId);
  }
}

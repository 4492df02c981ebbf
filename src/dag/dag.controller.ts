import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../http/api-problem';
import { UuidPipe } from '../http/pipes';
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
  get(@Param('batch_id', UuidPipe) batchId: string): Promise<DagDto> {
    return this.dags.byBatch(batchId);
  }
}

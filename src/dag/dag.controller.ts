import { Readable } from 'node:stream';
import { Controller, Get, Header, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { BatchId } from '../http/params';
import { FieldsDto } from '../task/dto/task-fields.dto';
import { DagDto } from './dag.dto';
import { FindDag } from './find-dag';
import { LargeGraphs } from './large-graphs';

@ApiTags('Batches')
@Controller('dag')
export class DagController {
  constructor(
    private readonly graphs: FindDag,
    private readonly large: LargeGraphs,
  ) {}

  @Get(':batch_id')
  @Accepts({ query: FieldsDto })
  @ApiOperation({
    summary: 'Get the graph of a batch: its tasks and links',
    description: 'Tasks are in order of creation. A large graph is sent in pieces.',
  })
  @ApiQuery({ type: FieldsDto })
  @ApiResponse({ status: 200, type: DagDto, description: 'The graph of the batch' })
  @ApiProblem(400, 404, 503)
  @Header('content-type', 'application/json; charset=utf-8')
  async get(
    @BatchId() batchId: string,
    @Query() query: unknown,
    @Req() { method, raw }: FastifyRequest,
  ): Promise<string | Readable> {
    const parts = this.graphs.byBatch(batchId, FieldsDto.parse(query));
    // An error before the first part is still answered with problem details.
    const first = await parts.next();
    if (first.done) return first.value;
    return method === 'HEAD' ? Readable.from([]) : this.large.stream(withFirst(first.value, parts), raw.socket);
  }
}

async function* withFirst(first: string, rest: AsyncGenerator<string, string>): AsyncGenerator<string> {
  yield first;
  yield yield* rest;
}

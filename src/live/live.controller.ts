import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblem } from '../http/api-problem';
import { UuidParam } from '../http/params';
import { EventStream } from './event-stream';
import { Live } from './live';

const TRANSACTION = /^\d{1,18}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const isTransaction = (id: string): boolean => TRANSACTION.test(id);
const isTime = (id: string): boolean => TIME.test(id) && !Number.isNaN(Date.parse(id));

const ApiLastEventId = ApiHeader({
  name: 'Last-Event-ID',
  required: false,
  description: 'The `id` of the last event that was seen: what has changed since then comes first.',
});
const ApiEvents = ApiResponse({
  status: 200,
  description: 'Server-sent events; the answer goes on until one side closes it.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
});

@ApiTags('Live')
@Controller()
export class LiveController {
  constructor(private readonly live: Live) {}

  @Get('batch/:batch_id/events')
  @ApiOperation({
    summary: 'Changes of the tasks of a batch, as they come',
    description:
      '`ready` comes when nothing more can be missed: read the graph after that. Then there is a `task` with the light ' +
      'form of each task that has changed. Changes that follow closely on each other may come as the last of them.',
  })
  @ApiLastEventId
  @ApiParam({ name: 'batch_id', schema: { type: 'string', format: 'uuid' } })
  @ApiEvents
  @ApiProblem(400, 404, 503)
  ofBatch(
    @UuidParam('batch_id') batchId: string,
    @Headers('last-event-id') since: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.live.batch(batchId, new EventStream(reply, known(isTransaction, since)));
  }

  @Get('events')
  @ApiOperation({
    summary: 'Changes of batches, as they come',
    description:
      'After `ready`, there is a `batch` with the summary of each of the newest 100 batches that has changed.',
  })
  @ApiLastEventId
  @ApiEvents
  @ApiProblem(400, 503)
  ofAll(@Headers('last-event-id') since: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    return this.live.all(new EventStream(reply, known(isTime, since)));
  }
}

/** An id that is none of this stream's says nothing: it begins with what comes now. */
const known = (isId: (id: string) => boolean, id: string | undefined): string | undefined =>
  id !== undefined && isId(id) ? id : undefined;

import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { BatchId } from '../http/params';
import { FieldsDto } from '../task/dto/task-fields.dto';
import { EventStream } from './event-stream';
import { Live } from './live';

const TRANSACTION = /^\d{1,18}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const isTransaction = (id: string): boolean => TRANSACTION.test(id);
const isTime = (id: string): boolean => TIME.test(id) && !Number.isNaN(Date.parse(id));

const ApiLastEventId = ApiHeader({
  name: 'Last-Event-ID',
  required: false,
  description: 'The `id` of the last event received. The stream begins with the changes since then.',
});
const ApiEvents = ApiResponse({
  status: 200,
  description: 'Server-sent events. The stream stays open until one side closes it.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
});

@ApiTags('Live')
@Controller()
export class LiveController {
  constructor(private readonly live: Live) {}

  @Get('batch/:batch_id/events')
  @Accepts({ query: FieldsDto })
  @ApiOperation({
    summary: 'Stream the changes of the tasks of a batch',
    description:
      'After the event `ready` no change is missed: read the graph then. Each event `task` holds the light form of a ' +
      'task that was added or has changed. New links come only with added tasks: read the graph again for them. Changes ' +
      'that follow each other within a moment may be merged into the last of them.',
  })
  @ApiLastEventId
  @ApiQuery({ type: FieldsDto })
  @ApiEvents
  @ApiProblem(400, 404, 503)
  ofBatch(
    @BatchId() batchId: string,
    @Headers('last-event-id') since: string | undefined,
    @Query() query: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.live.batch(batchId, new EventStream(reply, known(isTransaction, since)), FieldsDto.parse(query));
  }

  @Get('events')
  @ApiOperation({
    summary: 'Stream the changes of batches',
    description:
      'After the event `ready`, each event `batch` holds the summary of a batch that has changed, among the newest 100.',
  })
  @ApiLastEventId
  @ApiEvents
  @ApiProblem(400, 503)
  ofAll(@Headers('last-event-id') since: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    return this.live.all(new EventStream(reply, known(isTime, since)));
  }
}

/** Returns the id if it is one of this kind of stream. With any other id the stream begins now. */
const known = (isId: (id: string) => boolean, id: string | undefined): string | undefined =>
  id !== undefined && isId(id) ? id : undefined;

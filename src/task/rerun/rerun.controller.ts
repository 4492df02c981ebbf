import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblem } from '../../http/api-problem';
import { Accepts } from '../../http/accepted';
import { acceptable, Actor, BatchId, RawBody, TaskId } from '../../http/params';
import { ANSWER_HEADERS, replyWith } from '../../idempotency/answer';
import { IdempotencyKey } from '../../idempotency/idempotency-key';
import { RerunBatchDto, RerunDto, RerunTaskDto } from '../dto/rerun.dto';
import { Rerun } from './rerun';

const ATTEMPT =
  'Each task gets another attempt, which starts when its parents have ended. What succeeded stays and counts as satisfied.';

/** Running ended tasks again. */
@Controller()
export class RerunController {
  constructor(private readonly rerun: Rerun) {}

  @Post('batch/:batch_id/rerun')
  @Accepts({ body: [RerunBatchDto] })
  @HttpCode(200)
  @ApiTags('Batches')
  @ApiOperation({
    operationId: 'batchRerun',
    summary: 'Rerun the tasks of a batch that failed or were canceled',
    description: `${ATTEMPT} When the batch completes again, \`on_batch_complete\` is called again.`,
  })
  @ApiBody({
    type: RerunBatchDto,
    required: false,
    examples: {
      all: { summary: 'Everything that did not succeed', value: {} },
      some: {
        summary: 'One task and its descendants, even if they succeeded',
        value: { task_ids: ['0192d3a4-7c1e-7b60-9a1b-3f1d2c4e5a61'], downstream: true },
      },
    },
  })
  @ApiResponse({ status: 200, type: RerunDto, description: 'The tasks that run again', headers: ANSWER_HEADERS })
  @ApiProblem(400, 404, 409, 413, 415, 422, 503)
  async ofBatch(
    @BatchId() batchId: string,
    @RawBody() body: unknown,
    @IdempotencyKey() key: string | undefined,
    @Actor() actor: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return replyWith(reply, await this.rerun.ofBatch(batchId, RerunBatchDto.parse(optional(body)), actor, key));
  }

  @Post('task/:id/rerun')
  @Accepts({ body: [RerunTaskDto] })
  @HttpCode(200)
  @ApiTags('Tasks')
  @ApiOperation({
    operationId: 'taskRerun',
    summary: 'Rerun a task that failed or was canceled, with its descendants that did not succeed',
    description: `${ATTEMPT} With \`downstream\`, a task that succeeded runs again too.`,
  })
  @ApiBody({ type: RerunTaskDto, required: false, examples: { task: { value: {} } } })
  @ApiResponse({ status: 200, type: RerunDto, description: 'The tasks that run again', headers: ANSWER_HEADERS })
  @ApiProblem(400, 404, 409, 413, 415, 422, 503)
  async ofTask(
    @TaskId() id: string,
    @RawBody() body: unknown,
    @IdempotencyKey() key: string | undefined,
    @Actor() actor: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const { downstream } = RerunTaskDto.parse(optional(body));
    return replyWith(reply, await this.rerun.ofTask(id, downstream, actor, key));
  }
}

/** @throws {InvalidRequest} if there is a body that the parser did not accept. */
const optional = (body: unknown): unknown => (body === undefined ? undefined : acceptable(body));

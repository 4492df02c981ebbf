import { Controller, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOperation,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Accepts } from '../../http/accepted';
import { ApiProblem } from '../../http/api-problem';
import { BatchId, RawBody } from '../../http/params';
import { ANSWER_HEADERS, replyWith } from '../../idempotency/answer';
import { IdempotencyKey } from '../../idempotency/idempotency-key';
import { AddTasks } from './add-tasks';
import { CreateRequestDto } from '../dto/create-request.dto';
import { AddTaskDto, AddTasksDto } from '../dto/add-tasks.dto';
import { ADD_EXAMPLES } from '../dto/examples';
import { TaskLightDto } from '../dto/task-light.dto';

/** Adding tasks to a batch. */
@ApiTags('Batches')
@Controller('batch')
export class AddTasksController {
  constructor(private readonly addition: AddTasks) {}

  @Post(':batch_id/task')
  @Accepts({ body: [CreateRequestDto, AddTasksDto] })
  @ApiOperation({
    operationId: 'batchAddTasks',
    summary: 'Add tasks to a batch',
    description:
      'Adds all tasks of the request, or none. They may depend on tasks of the batch, by UUID or local id. `before` makes ' +
      '`Waiting` tasks wait for them. A completed batch is open again. Receivers of unfinished tasks may add tasks to their ' +
      'batch, without a `dedupe_strategy`. They send the token of their handle as a Bearer token or as the parameter `token`.',
  })
  @ApiExtraModels(AddTaskDto, AddTasksDto)
  @ApiBody({
    schema: {
      oneOf: [{ type: 'array', items: { $ref: getSchemaPath(AddTaskDto) } }, { $ref: getSchemaPath(AddTasksDto) }],
    },
    examples: ADD_EXAMPLES,
  })
  @ApiCreatedResponse({
    type: [TaskLightDto],
    description: 'The new tasks, in the order of the request, without duplicates',
    headers: ANSWER_HEADERS,
  })
  @ApiResponse({
    status: 204,
    description: 'Nothing was added: the request is empty, or all tasks are duplicates.',
    headers: ANSWER_HEADERS,
  })
  @ApiProblem(400, 403, 404, 409, 413, 415, 422, 503)
  async add(
    @BatchId() batchId: string,
    @RawBody() body: unknown,
    @IdempotencyKey() key: string | undefined,
    @Req() { headers, handleOf }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return replyWith(reply, await this.addition.add({ batchId, body, headers, caller: handleOf, key }));
  }
}

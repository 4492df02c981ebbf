import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { LINK_HEADER, linked } from '../http/page-links';
import { Actor, RawBody, TaskId } from '../http/params';
import { ANSWER_HEADERS, replyWith } from '../idempotency/answer';
import { IdempotencyKey } from '../idempotency/idempotency-key';
import { AttemptDto } from './dto/attempt.dto';
import { TaskLightDto } from './dto/task-light.dto';
import { CreateRequestDto } from './dto/create-request.dto';
import { CreateTaskDto } from './dto/create-task.dto';
import { CREATE_EXAMPLES } from './dto/examples';
import { ListTasksDto } from './dto/list-tasks.dto';
import { TaskFullDto } from './dto/task-full.dto';
import { TaskItemDto } from './dto/task-item.dto';
import { WhyDto } from './dto/why.dto';
import { CreateTasks } from './create/create-tasks';
import { Cancel } from './finish/cancel';
import { Pause } from './pause/pause';
import { Attempts } from './query/attempts';
import { FindTasks } from './query/find-tasks';
import { Why } from './query/why';

@ApiTags('Tasks')
@Controller('task')
export class TaskController {
  constructor(
    private readonly creation: CreateTasks,
    private readonly tasks: FindTasks,
    private readonly cancellation: Cancel,
    private readonly pauses: Pause,
    private readonly reasons: Why,
    private readonly attempts: Attempts,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post()
  @Accepts({ body: [CreateRequestDto] })
  @ApiOperation({
    summary: 'Create a batch of tasks',
    description: 'Creates all tasks of the request, or none. Tasks may depend on tasks defined earlier in the request.',
  })
  @ApiHeader({
    name: 'traceparent',
    required: false,
    description: 'W3C Trace Context: all calls about these tasks join this trace. An invalid value is ignored.',
  })
  @ApiExtraModels(CreateTaskDto, CreateRequestDto)
  @ApiBody({
    schema: {
      oneOf: [
        { type: 'array', items: { $ref: getSchemaPath(CreateTaskDto) } },
        { $ref: getSchemaPath(CreateRequestDto) },
      ],
    },
    examples: CREATE_EXAMPLES,
  })
  @ApiCreatedResponse({
    type: [TaskLightDto],
    description: 'The created tasks, in the order of the request, without duplicates',
    headers: ANSWER_HEADERS,
  })
  @ApiResponse({
    status: 204,
    description: 'Nothing was created: the request is empty, or all tasks are duplicates.',
    headers: ANSWER_HEADERS,
  })
  @ApiProblem(400, 409, 413, 415, 422, 503)
  async create(
    @RawBody() body: unknown,
    @IdempotencyKey() key: string | undefined,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return replyWith(reply, await this.creation.create(body, headers, key));
  }

  @Get()
  @Accepts({ query: ListTasksDto })
  @ApiOperation({
    summary: 'List tasks, by default newest first',
    description: 'Filters combine with AND. The header `Link` leads to the other pages.',
  })
  @ApiQuery({ type: ListTasksDto })
  @ApiResponse({ status: 200, type: [TaskItemDto], description: 'A page of tasks', headers: LINK_HEADER })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<TaskItemDto[]> {
    return linked(reply, this.config.hostUrl, await this.tasks.list(ListTasksDto.parse(query)));
  }

  @Get(':id')
  @Accepts({ query: ['attempt'] })
  @ApiOperation({
    summary: 'Get a task',
    description:
      'Returns the full form. A handle token of a notification gets only the light form, without rules, metadata, ' +
      'actions or failure reason.',
  })
  @ApiResponse({ status: 200, type: TaskFullDto, description: 'The task' })
  @ApiProblem(400, 404, 503)
  get(@TaskId() id: string, @Req() { lightOnly }: FastifyRequest): Promise<TaskFullDto | TaskLightDto> {
    return lightOnly ? this.tasks.lightById(id) : this.tasks.byId(id);
  }

  @Get(':id/why')
  @ApiOperation({
    summary: 'Explain why a task is not running: parents, its time, rules, a pause, the queue, no worker',
    description: 'The answer is that of this moment. A task that is running or has ended is explained too.',
  })
  @ApiResponse({ status: 200, type: WhyDto, description: 'The reasons' })
  @ApiProblem(400, 404, 503)
  why(@TaskId() id: string): Promise<WhyDto> {
    return this.reasons.of(id);
  }

  @Get(':id/attempts')
  @ApiOperation({
    summary: 'List the attempts at a task, newest first',
    description: 'The current attempt is included. A task without a retry policy has one attempt.',
  })
  @ApiResponse({ status: 200, type: [AttemptDto], description: 'The attempts' })
  @ApiProblem(400, 404, 503)
  listAttempts(@TaskId() id: string): Promise<AttemptDto[]> {
    return this.attempts.of(id);
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Cancel a task; descendants that require it fail',
    description: 'The receiver of a task in progress gets the cancel actions that it returned from the start call.',
  })
  @ApiResponse({ status: 200, description: 'The task is canceled, and its cancel actions are queued.' })
  @ApiProblem(400, 404, 413, 415, 503)
  cancel(@TaskId() id: string, @Actor() actor: string | null): Promise<void> {
    return this.cancellation.one(id, actor);
  }

  @Patch('pause/:id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Pause a task',
    description: 'A paused task does not start. If it is running already, only its timeout stops.',
  })
  @ApiResponse({ status: 200, description: 'The task is paused.' })
  @ApiProblem(400, 404, 413, 415, 503)
  pause(@TaskId() id: string, @Actor() actor: string | null): Promise<void> {
    return this.pauses.pause(id, actor);
  }

  @Patch('resume/:id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Resume a paused task in its earlier status, updated by what happened meanwhile',
    description: 'The timeout of a running task starts again.',
  })
  @ApiResponse({ status: 200, description: 'The task is resumed.' })
  @ApiProblem(400, 404, 413, 415, 503)
  resume(@TaskId() id: string, @Actor() actor: string | null): Promise<void> {
    return this.pauses.resume(id, actor);
  }
}

import { Controller, Delete, Get, HttpCode, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotFound } from '../domain/errors';
import { ApiProblem } from '../http/api-problem';
import { JsonBody, RawBody, UuidParam } from '../http/params';
import { TaskLightDto } from './dto/task-light.dto';
import { CreateRequestDto } from './dto/create-request.dto';
import { CreateTaskDto } from './dto/create-task.dto';
import { CREATE_EXAMPLES } from './dto/examples';
import { IncrementDto } from './dto/increment.dto';
import { ListTasksDto } from './dto/list-tasks.dto';
import { ReportDto } from './dto/report.dto';
import { TaskFullDto } from './dto/task-full.dto';
import { WhyDto } from './dto/why.dto';
import { ProgressCoalescer } from './report/progress-coalescer';
import { CreateTasks } from './create/create-tasks';
import { Cancel } from './finish/cancel';
import { Pause } from './pause/pause';
import { ReportCoalescer } from './report/report-coalescer';
import { FindTasks } from './query/find-tasks';
import { Why } from './query/why';

const BATCH_HEADER = {
  'X-Batch-ID': { description: 'UUID of the batch', schema: { type: 'string' as const, format: 'uuid' } },
};

@ApiTags('Tasks')
@Controller('task')
export class TaskController {
  constructor(
    private readonly creation: CreateTasks,
    private readonly tasks: FindTasks,
    private readonly reports: ReportCoalescer,
    private readonly counters: ProgressCoalescer,
    private readonly cancellation: Cancel,
    private readonly pauses: Pause,
    private readonly reasons: Why,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Create a batch of tasks',
    description:
      'All of the request is created, or nothing is. Tasks may depend on tasks defined earlier in the request.',
  })
  @ApiHeader({
    name: 'traceparent',
    required: false,
    description:
      'W3C Trace Context: all calls about these tasks belong to this trace. One that is not valid is ignored.',
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
  @ApiCreatedResponse({ type: [TaskLightDto], headers: BATCH_HEADER })
  @ApiResponse({ status: 204, description: 'There was nothing to create.', headers: BATCH_HEADER })
  @ApiProblem(400, 413, 415, 503)
  async create(
    @RawBody() body: unknown,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TaskLightDto[] | undefined> {
    const { batchId, tasks } = await this.creation.create(body, headers);
    void reply.header('X-Batch-ID', batchId);
    if (tasks.length > 0) return tasks;
    void reply.status(204);
    return undefined;
  }

  @Get()
  @ApiOperation({ summary: 'List tasks, newest first' })
  @ApiQuery({ type: ListTasksDto })
  @ApiResponse({ status: 200, type: [TaskLightDto] })
  @ApiProblem(400, 503)
  list(@Query() query: unknown): Promise<TaskLightDto[]> {
    return this.tasks.list(ListTasksDto.parse(query));
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Everything about one task',
    description:
      'With the token in the handle of a notification, the answer has only what lists show: no rules, metadata, ' +
      'actions or reason.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, type: TaskFullDto })
  @ApiProblem(400, 404, 503)
  get(@UuidParam('id') id: string, @Req() { lightOnly }: FastifyRequest): Promise<TaskFullDto | TaskLightDto> {
    return lightOnly ? this.tasks.lightById(id) : this.tasks.byId(id);
  }

  @Get(':id/why')
  @ApiOperation({ summary: 'What a task waits for: parents, rules and who holds them, a pause, its turn, a worker' })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, type: WhyDto })
  @ApiProblem(400, 404, 503)
  why(@UuidParam('id') id: string): Promise<WhyDto> {
    return this.reasons.of(id);
  }

  @Patch(':id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Report on a task: its result, progress, or a sign of life',
    description:
      'For the receiver that works on the task; this is the URL it got as `handle`. 200 means that the report is ' +
      'committed, has travelled through the graph, and every notification is queued.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({
    type: ReportDto,
    examples: {
      success: { summary: 'Done', value: { status: 'Success', new_success: 10 } },
      failure: { summary: 'Failed', value: { status: 'Failure', failure_reason: 'The tests are red' } },
      alive: { summary: 'Still working', value: {} },
    },
  })
  @ApiResponse({ status: 200, description: 'The report counts.' })
  @ApiProblem(400, 404, 413, 415, 503)
  async report(@UuidParam('id') id: string, @JsonBody() body: unknown): Promise<void> {
    const outcome = await this.reports.report(ReportDto.parse(id, body));
    if (outcome.applied) return;
    const { currentStatus } = outcome;
    if (!currentStatus) throw new NotFound(`There is no task ${id}`);
    throw new NotFound(`The task takes no reports: it is ${currentStatus}`, [], { current_status: currentStatus });
  }

  @Put(':id')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Count progress, at a high rate',
    description:
      '202 means that the increment is durable. It counts in whatever state the task is, ended ones included.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ type: IncrementDto })
  @ApiResponse({ status: 202, description: 'The increment is durable.' })
  @ApiProblem(400, 404, 413, 415, 503)
  async count(@UuidParam('id') id: string, @RawBody() body: unknown): Promise<void> {
    if (!(await this.counters.add(IncrementDto.parse(id, body)))) throw new NotFound(`There is no task ${id}`);
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a task, and with it what requires it' })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, description: 'The task is canceled; whoever works on it is told.' })
  @ApiProblem(400, 404, 413, 415, 503)
  cancel(@UuidParam('id') id: string): Promise<void> {
    return this.cancellation.one(id);
  }

  @Patch('pause/:id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Hold a task',
    description: 'It does not start. If a receiver works on it already, only its silence clock stops.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, description: 'The task is paused.' })
  @ApiProblem(400, 404, 413, 415, 503)
  pause(@UuidParam('id') id: string): Promise<void> {
    return this.pauses.pause(id);
  }

  @Patch('resume/:id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a paused task go on from where it was held' })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, description: 'The task goes on.' })
  @ApiProblem(400, 404, 413, 415, 503)
  resume(@UuidParam('id') id: string): Promise<void> {
    return this.pauses.resume(id);
  }
}

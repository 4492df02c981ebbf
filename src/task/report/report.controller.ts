import { Controller, HttpCode, Patch, Put } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Accepts } from '../../http/accepted';
import { ApiProblem } from '../../http/api-problem';
import { Handle, type HandleTarget, JsonBody, RawBody } from '../../http/params';
import { IncrementDto } from '../dto/increment.dto';
import { ReportDto } from '../dto/report.dto';
import { isReschedule, RunAtDto } from '../dto/run-at.dto';
import { refused } from './outcome';
import { ProgressCoalescer } from './progress-coalescer';
import { ReportCoalescer } from './report-coalescer';
import { Reschedule } from '../delay/reschedule';

/** The endpoints behind the `handle` of a task, for its receiver. */
@ApiTags('Tasks')
@Controller('task')
export class ReportController {
  constructor(
    private readonly reports: ReportCoalescer,
    private readonly progress: ProgressCoalescer,
    private readonly reschedule: Reschedule,
  ) {}

  @Patch(':id')
  @Accepts({ query: ['attempt'], body: [ReportDto, RunAtDto] })
  @HttpCode(200)
  @ApiOperation({
    operationId: 'taskReport',
    summary: 'Report on a task: its result, progress, or only that it is alive',
    description:
      'For the receiver of the task, which gets this URL as `handle`. 200 means that the report and all its effects on ' +
      'the graph are committed, and every notification is queued. 409 means that another attempt is the current one. A ' +
      'body with nothing but `run_at` moves the start of a task that has not started; `null` means now.',
  })
  @ApiExtraModels(ReportDto, RunAtDto)
  @ApiBody({
    schema: { anyOf: [{ $ref: getSchemaPath(ReportDto) }, { $ref: getSchemaPath(RunAtDto) }] },
    examples: {
      success: { summary: 'Done', value: { status: 'Success', new_success: 10 } },
      failure: { summary: 'Failed', value: { status: 'Failure', failure_reason: 'The tests are red' } },
      final: {
        summary: 'Failed for good, although attempts are left',
        value: { status: 'Failure', failure_reason: 'The branch does not exist', retry: false },
      },
      later: {
        summary: 'Failed, to be tried again in a minute',
        value: { status: 'Failure', failure_reason: 'The registry is busy', retry_after_secs: 60 },
      },
      alive: { summary: 'Still alive', value: {} },
      reschedule: { summary: 'Start later', value: { run_at: '2026-01-06T03:00:00+01:00' } },
    },
  })
  @ApiResponse({ status: 200, description: 'The report is committed.' })
  @ApiProblem(400, 404, 409, 413, 415, 503)
  async report(@Handle() target: HandleTarget, @JsonBody() body: unknown): Promise<void> {
    if (isReschedule(body)) return this.reschedule.to(target, RunAtDto.parse(body));
    const { id, attempt } = target;
    const outcome = await this.reports.report(ReportDto.parse(id, attempt, body));
    if (!outcome.applied) throw refused({ id, attempt }, outcome.current);
  }

  // The fields of other reports are ignored here, but known.
  @Put(':id')
  @Accepts({ query: ['attempt'], body: [ReportDto, RunAtDto] })
  @HttpCode(202)
  @ApiOperation({
    operationId: 'taskCount',
    summary: 'Add progress to the counters of a task, at a high rate',
    description: '202 means that the increment is committed. It counts in every status, terminal ones included.',
  })
  @ApiBody({ type: IncrementDto })
  @ApiResponse({ status: 202, description: 'The increment is committed.' })
  @ApiProblem(400, 404, 409, 413, 415, 503)
  async count(@Handle() { id, attempt }: HandleTarget, @RawBody() body: unknown): Promise<void> {
    const outcome = await this.progress.add(IncrementDto.parse(id, attempt, body));
    if (!outcome.applied) throw refused({ id, attempt }, outcome.current);
  }
}

import { Controller, HttpCode, Patch, Put } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { NotFound, taskNotFound } from '../domain/errors';
import { ApiProblem } from '../http/api-problem';
import { JsonBody, RawBody, TaskId } from '../http/params';
import { IncrementDto } from './dto/increment.dto';
import { ReportDto } from './dto/report.dto';
import { ProgressCoalescer } from './report/progress-coalescer';
import { ReportCoalescer } from './report/report-coalescer';

/** The endpoints behind the `handle` of a task, for its receiver. */
@ApiTags('Tasks')
@Controller('task')
export class ReportController {
  constructor(
    private readonly reports: ReportCoalescer,
    private readonly progress: ProgressCoalescer,
  ) {}

  @Patch(':id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'taskReport',
    summary: 'Report on a task: its result, progress, or only that it is alive',
    description:
      'For the receiver of the task, which gets this URL as `handle`. 200 means that the report and all its effects on ' +
      'the graph are committed, and every notification is queued.',
  })
  @ApiBody({
    type: ReportDto,
    examples: {
      success: { summary: 'Done', value: { status: 'Success', new_success: 10 } },
      failure: { summary: 'Failed', value: { status: 'Failure', failure_reason: 'The tests are red' } },
      alive: { summary: 'Still alive', value: {} },
    },
  })
  @ApiResponse({ status: 200, description: 'The report is committed.' })
  @ApiProblem(400, 404, 413, 415, 503)
  async report(@TaskId() id: string, @JsonBody() body: unknown): Promise<void> {
    const outcome = await this.reports.report(ReportDto.parse(id, body));
    if (outcome.applied) return;
    const { currentStatus } = outcome;
    if (!currentStatus) throw taskNotFound(id);
    throw new NotFound(`The task accepts no reports: it is ${currentStatus}`, [], { current_status: currentStatus });
  }

  @Put(':id')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'taskCount',
    summary: 'Add progress to the counters of a task, at a high rate',
    description: '202 means that the increment is committed. It counts in every status, terminal ones included.',
  })
  @ApiBody({ type: IncrementDto })
  @ApiResponse({ status: 202, description: 'The increment is committed.' })
  @ApiProblem(400, 404, 413, 415, 503)
  async count(@TaskId() id: string, @RawBody() body: unknown): Promise<void> {
    if (!(await this.progress.add(IncrementDto.parse(id, body)))) throw taskNotFound(id);
  }
}

import { Controller, HttpCode, Patch, Put } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Accepts } from '../../http/accepted';
import { ApiProblem } from '../../http/api-problem';
import { type Bulk, BulkBody } from '../../http/bulk';
import { BulkIncrementDto } from '../dto/bulk-increment.dto';
import { BulkReportDto } from '../dto/bulk-report.dto';
import { BulkResultsDto } from '../dto/bulk-result.dto';
import { INCREMENTS_EXAMPLE, REPORTS_EXAMPLE, RESULTS_EXAMPLE } from '../dto/bulk-examples';
import { RunAtDto } from '../dto/run-at.dto';
import { BulkReports } from './bulk-reports';

const TOKENS =
  'Up to 10,000 items. Each succeeds or fails by itself, with the status code that it would have had alone; items about ' +
  'one task are applied in their order. Without a token of the service, each item needs the `token` of its handle, ' +
  'and the body is limited to 4 MiB; an answer of 401 to the whole request means that no item has a valid one.';

/** Members of reports, which increments may have too. */
const REPORTED = [BulkReportDto, RunAtDto] as const;

/** Reports and increments about many tasks in one request. */
@ApiTags('Tasks')
@Controller('task')
export class BulkReportController {
  constructor(private readonly bulks: BulkReports) {}

  @Patch()
  @Accepts({ items: REPORTED })
  @HttpCode(200)
  @ApiOperation({
    operationId: 'taskReportMany',
    summary: 'Report on many tasks at once',
    description: `Takes a list of reports, each like the one of \`PATCH /task/{id}\`, but without \`run_at\`. ${TOKENS}`,
  })
  @ApiBody({ type: [BulkReportDto], examples: REPORTS_EXAMPLE })
  @ApiResponse({
    status: 200,
    type: BulkResultsDto,
    example: RESULTS_EXAMPLE,
    description: 'The result of each item. A status of 200 means what it means for a single report.',
  })
  @ApiProblem(400, 413, 415, 503)
  async report(@BulkBody() bulk: Bulk): Promise<BulkResultsDto> {
    return { results: await this.bulks.report(bulk) };
  }

  @Put()
  @Accepts({ items: REPORTED })
  @HttpCode(200)
  @ApiOperation({
    operationId: 'taskCountMany',
    summary: 'Add progress to the counters of many tasks at once',
    description: `Takes a list of increments, each like the one of \`PUT /task/{id}\`. ${TOKENS}`,
  })
  @ApiBody({ type: [BulkIncrementDto], examples: INCREMENTS_EXAMPLE })
  @ApiResponse({
    status: 200,
    type: BulkResultsDto,
    description: 'The result of each item. A status of 202 means what it means for a single increment.',
  })
  @ApiProblem(400, 413, 415, 503)
  async count(@BulkBody() bulk: Bulk): Promise<BulkResultsDto> {
    return { results: await this.bulks.count(bulk) };
  }
}

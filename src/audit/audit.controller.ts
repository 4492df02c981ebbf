import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { LINK_HEADER, linked } from '../http/page-links';
import { pageOf } from '../http/page.dto';
import { AuditEntryDto, ListEntriesDto } from './audit-entry.dto';
import { listEntries } from './sql/list';

@ApiTags('Access')
@Controller('audit-log')
export class AuditController {
  constructor(
    private readonly readers: Readers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List who changed what, newest first',
    description:
      'An entry is written in the transaction of its effect. Requests that changed nothing leave none. With retention, ' +
      'entries are removed after `RETENTION_DAYS`.',
  })
  @Accepts({ query: ListEntriesDto })
  @ApiQuery({ type: ListEntriesDto })
  @ApiResponse({ status: 200, type: [AuditEntryDto], description: 'A page of entries', headers: LINK_HEADER })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<AuditEntryDto[]> {
    const filter = ListEntriesDto.parse(query);
    const bounds = pageOf(filter, this.config.pagination);
    const [statement, values] = listEntries(filter, bounds.limit, bounds.offset);
    const rows = await this.readers.run(statement, ...values);
    const items = rows.map((row) => AuditEntryDto.from(row));
    return linked(reply, this.config.hostUrl, { items, bounds, isFull: rows.length === bounds.limit });
  }
}

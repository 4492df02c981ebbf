import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Header, Headers, NotFoundException, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblem } from '../http/api-problem';
import { PAGE_HEADERS, pageFolder } from './page-files';

/** Serves the page: one document without data. The page gets its data from the API like any client. */
@ApiTags('Page')
@Controller('view')
export class ViewController {
  private readonly page = readPage();

  @Get()
  @ApiOperation({
    summary: 'The page: live batches, graphs, schedules and deliveries',
    description: 'The page holds no data: it asks the API, with the token of its user.',
  })
  @ApiQuery({
    name: 'batch',
    required: false,
    description: 'Id of the batch to show',
    schema: { type: 'string', format: 'uuid' },
  })
  @ApiResponse({ status: 200, description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } })
  @ApiProblem(404)
  // The document names the files of this version, so caches must revalidate it.
  @Header('cache-control', 'no-cache')
  view(@Headers('if-none-match') known: string | undefined, @Res() reply: FastifyReply): void {
    if (!this.page) throw new NotFoundException();
    void reply.headers({ ...PAGE_HEADERS, etag: this.page.etag });
    if (known === this.page.etag) void reply.status(304).send();
    else void reply.type('text/html; charset=utf-8').send(this.page.html);
  }
}

function readPage(): { html: Buffer; etag: string } | undefined {
  const folder = pageFolder();
  if (!folder) return undefined;
  const html = readFileSync(join(folder, 'index.html'));
  return { html, etag: `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"` };
}

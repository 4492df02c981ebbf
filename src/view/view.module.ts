import fastifyStatic from '@fastify/static';
import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { join } from 'node:path';
import { PAGE_HEADERS, pageFolder } from './page-files';
import { ViewController } from './view.controller';

/** File names change with their contents, so browsers may keep them. */
const MAX_AGE = '365d';

/** Serves the page at `/view` and its files. */
@Module({ controllers: [ViewController] })
export class ViewModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // For people who type the address of the service. The target is relative, as a proxy may strip a prefix.
    fastify.get('/', (_request, reply) => reply.redirect('view'));
    const folder = pageFolder();
    if (!folder) {
      new Logger(ViewModule.name).warn('The page at /view is missing; run `npm run build`');
      return;
    }
    void fastify.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/view/assets/',
      decorateReply: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: MAX_AGE,
      setHeaders: (reply) => void reply.headers(PAGE_HEADERS),
    });
  }
}

import fastifyStatic from '@fastify/static';
import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { join } from 'node:path';
import { PAGE_HEADERS, pageFolder } from './page-files';
import { ViewController } from './view.controller';

/** Their names change with their contents, so what a browser has once it may keep. */
const KEEP_FOR = '365d';

/** The page at `/view`, and the files that it consists of. */
@Module({ controllers: [ViewController] })
export class ViewModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Not an endpoint: it is for people who type the address of the service. Relative, for a proxy may strip a prefix.
    fastify.get('/', (_request, reply) => reply.redirect('view'));
    const folder = pageFolder();
    if (!folder) {
      new Logger(ViewModule.name).warn('The page at /view is missing: `npm run build` makes it');
      return;
    }
    void fastify.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/view/assets/',
      decorateReply: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: KEEP_FOR,
      setHeaders: (reply) => void reply.headers(PAGE_HEADERS),
    });
  }
}

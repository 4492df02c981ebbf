import { Injectable, type OnModuleInit, UnsupportedMediaTypeException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { ServiceAdapter } from './adapter';
import { parseBody } from './json-body';
import { LoadShedding } from './load-shedding';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i;

/** Parses JSON bodies and refuses all others. A request counts for load shedding from here until its answer is ready. */
@Injectable()
export class JsonBodies implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<ServiceAdapter>,
    private readonly loadShedding: LoadShedding,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser<Buffer>(JSON_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
      try {
        this.loadShedding.enter(request, body.length);
      } catch (error) {
        return done(error as Error);
      }
      done(null, parseBody(body));
    });
    // Any web page may send a POST of some types without a preflight, so even an empty one is refused.
    fastify.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, ({ method }, body, done) =>
      body.length > 0 || method === 'POST' ? done(new UnsupportedMediaTypeException()) : done(null),
    );
    fastify.addHook<unknown>('onSend', (request, _reply, payload, done) => {
      this.loadShedding.leave(request);
      done(null, payload);
    });
  }
}

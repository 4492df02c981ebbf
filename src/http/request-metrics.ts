import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Metrics } from '../metrics/metrics';
import type { ServiceAdapter } from './adapter';
import { METHODS, routeOf } from './request-spans';

/** Measures requests, refused ones included. Event streams stay open for as long as a page does, so they are left out. */
@Injectable()
export class RequestMetrics implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<ServiceAdapter>,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onResponse', (request, reply, done) => {
      if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) {
        const method = METHODS.has(request.method) ? request.method : 'other';
        this.metrics.http.answered(method, routeOf(request), reply.statusCode, reply.elapsedTime);
      }
      done();
    });
  }
}

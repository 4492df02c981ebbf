import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import type { ServiceAdapter } from '../http/adapter';
import { send } from '../http/problem';
import { AccessPolicy } from './access-policy';
import { LoopbackPolicy } from './loopback-policy';
import { RequestPolicy } from './request-policy';
import { SessionController } from './session.controller';

/** Checks every request with the `RequestPolicy` of the configuration. */
@Module({
  controllers: [SessionController],
  providers: [
    {
      provide: RequestPolicy,
      inject: [CONFIG],
      useFactory: (config: Config) => AccessPolicy.of(config) ?? new LoopbackPolicy(config),
    },
  ],
})
export class AccessModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<ServiceAdapter>,
    private readonly policy: RequestPolicy,
  ) {}

  /** Adds Fastify hooks: a Nest guard would run only after the body has been read. */
  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', (request, reply, done) => {
      const refusal = this.policy.refusalOf(request);
      if (refusal) send(reply, refusal);
      else done();
    });
    fastify.addHook('preValidation', (request, reply, done) => {
      const check = this.policy.refusalOfBody(request);
      if (check) check.then((refusal) => (refusal ? send(reply, refusal) : done()), done);
      else done();
    });
  }
}

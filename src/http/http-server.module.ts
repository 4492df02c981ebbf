import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CONFIG, type Config } from '../config/config';
import { IgnoredInput } from './ignored-input';
import { JsonBodies } from './json-bodies';
import { LoadShedding } from './load-shedding';
import { ProblemFilter } from './problem.filter';
import { RequestMetrics } from './request-metrics';

/** The providers that every endpoint needs. `ServiceAdapter` has the rest: it exists before Nest's container. */
@Module({
  providers: [
    JsonBodies,
    RequestMetrics,
    IgnoredInput,
    { provide: APP_FILTER, useClass: ProblemFilter },
    {
      provide: LoadShedding,
      inject: [CONFIG],
      // Increments have their own limit, and callers beyond it wait.
      useFactory: ({ counters }: Config) => new LoadShedding({ PUT: counters.channelCapacity }),
    },
  ],
})
export class HttpServerModule {}

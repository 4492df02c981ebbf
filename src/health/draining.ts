import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ServiceAdapter } from '../http/adapter';

/**
 * Where the process is in its life. The HTTP server is the one that is told of a shutdown first; a hook of a module
 * here would run after those of others, which may take their time to finish what is in flight.
 */
@Injectable()
export class Draining {
  constructor(private readonly host: HttpAdapterHost<ServiceAdapter>) {}

  /** From the first moment of a shutdown on. */
  get draining(): boolean {
    return this.host.httpAdapter.draining;
  }
}

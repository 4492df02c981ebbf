import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Tracing } from './tracing';

/** Gives every module the one `Tracing`, which was begun before there was a module, and ends it when everything that is traced has ended. */
@Module({})
export class TracingModule implements OnApplicationShutdown {
  constructor(@Inject(Tracing) private readonly tracing: Tracing) {}

  static of(tracing: Tracing): DynamicModule {
    return {
      module: TracingModule,
      global: true,
      providers: [{ provide: Tracing, useValue: tracing }],
      exports: [Tracing],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tracing.shutdown();
  }
}

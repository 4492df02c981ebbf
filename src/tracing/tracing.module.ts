import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Tracing } from './tracing';

/** Provides the `Tracing` that was created before the application, and shuts it down last. */
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

import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from './access/access.module';
import { AuditModule } from './audit/audit.module';
import { BatchModule } from './batch/batch.module';
import type { Config } from './config/config';
import { ConfigModule } from './config/config.module';
import { DagModule } from './dag/dag.module';
import { DatabaseModule } from './database/database.module';
import { HealthModule } from './health/health.module';
import { HttpServerModule } from './http/http-server.module';
import { IdempotencyModule } from './idempotency/idempotency.module';
import { LiveModule } from './live/live.module';
import { LoopsModule } from './loops/loops.module';
import { MetricsModule } from './metrics/metrics.module';
import { RetentionModule } from './retention/retention.module';
import { RulesModule } from './rules/rules.module';
import { ScheduleModule } from './schedule/schedule.module';
import { ShutdownLog } from './shutdown';
import { TaskModule } from './task/task.module';
import { TracingModule } from './tracing/tracing.module';
import { UNTRACED } from './tracing/untraced';
import { ViewModule } from './view/view.module';
import { WebhookModule } from './webhook/webhook.module';

@Module({})
export class AppModule {
  static forRoot(config: Config, tracing = UNTRACED): DynamicModule {
    return {
      module: AppModule,
      providers: [ShutdownLog],
      imports: [
        ConfigModule.forRoot(config),
        TracingModule.of(tracing),
        MetricsModule,
        HttpServerModule,
        AccessModule,
        DatabaseModule,
        LoopsModule,
        AuditModule,
        HealthModule,
        RulesModule,
        DagModule,
        WebhookModule,
        RetentionModule,
        IdempotencyModule,
        TaskModule,
        BatchModule,
        ScheduleModule,
        LiveModule,
        ViewModule,
      ],
    };
  }
}

import { Module } from '@nestjs/common';
import { DagModule } from '../dag/dag.module';
import { RulesModule } from '../rules/rules.module';
import { WebhookModule } from '../webhook/webhook.module';
import { CounterLane } from './counters/counter-lane';
import { CreateDeduplicated } from './intake/create-deduplicated';
import { CreateTasks } from './intake/create-tasks';
import { Dedupe } from './intake/dedupe';
import { InsertGraphs } from './intake/insert';
import { Aftermath } from './lifecycle/aftermath';
import { Cancel } from './lifecycle/cancel';
import { Claim } from './lifecycle/claim';
import { Finish } from './lifecycle/finish';
import { Hold } from './lifecycle/hold';
import { Reception } from './lifecycle/reception';
import { StartCall } from './lifecycle/start-call';
import { StartPlaces } from './lifecycle/start-places';
import { TaskLane } from './lifecycle/task-lane';
import { MetricsLoop } from './loops/metrics.loop';
import { StaleClaimsLoop } from './loops/stale-claims.loop';
import { StartLoop } from './loops/start.loop';
import { TimeoutLoop } from './loops/timeout.loop';
import { FindTasks } from './query/find-tasks';
import { Why } from './query/why';
import { TaskController } from './task.controller';

@Module({
  imports: [DagModule, RulesModule, WebhookModule],
  controllers: [TaskController],
  providers: [
    CreateTasks,
    CreateDeduplicated,
    Dedupe,
    InsertGraphs,
    Finish,
    Aftermath,
    StartCall,
    StartPlaces,
    Reception,
    TaskLane,
    CounterLane,
    Claim,
    Cancel,
    Hold,
    FindTasks,
    Why,
    StartLoop,
    StaleClaimsLoop,
    TimeoutLoop,
    MetricsLoop,
  ],
  exports: [Aftermath, Cancel],
})
export class TaskModule {}

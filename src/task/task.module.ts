import { Module } from '@nestjs/common';
import { DagModule } from '../dag/dag.module';
import { WebhookModule } from '../webhook/webhook.module';
import { CreateTasks } from './intake/create-tasks';
import { Aftermath } from './lifecycle/aftermath';
import { Finish } from './lifecycle/finish';
import { TaskLane } from './lifecycle/task-lane';
import { StaleClaimsLoop } from './loops/stale-claims.loop';
import { StartLoop } from './loops/start.loop';
import { FindTasks } from './query/find-tasks';
import { TaskController } from './task.controller';

@Module({
  imports: [DagModule, WebhookModule],
  controllers: [TaskController],
  providers: [CreateTasks, Finish, Aftermath, TaskLane, FindTasks, StartLoop, StaleClaimsLoop],
})
export class TaskModule {}

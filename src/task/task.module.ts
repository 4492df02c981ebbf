import { Module } from '@nestjs/common';
import { DagModule } from '../dag/dag.module';
import { IdempotencyModule } from '../idempotency/idempotency.module';
import { RulesModule } from '../rules/rules.module';
import { WebhookModule } from '../webhook/webhook.module';
import { ProgressCoalescer } from './report/progress-coalescer';
import { CreateInTransaction } from './create/create-in-transaction';
import { BatchChanges } from './batch-changes';
import { AddTasks } from './create/add-tasks';
import { ExistingTasks } from './create/existing-tasks';
import { CreateTasks } from './create/create-tasks';
import { Dedupe } from './create/dedupe';
import { InsertGraphs } from './create/insert-graphs';
import { ValidateRequest } from './create/validate-request';
import { AfterCommit } from './finish/after-commit';
import { Cancel } from './finish/cancel';
import { Claim } from './claiming/claim';
import { ClaimSchedule } from './claiming/claim-schedule';
import { Finish } from './finish/finish';
import { Pause } from './pause/pause';
import { ApplyReports } from './report/apply-reports';
import { OpenStarts } from './start/open-starts';
import { StartCall } from './start/start-call';
import { StartCalls } from './claiming/start-calls';
import { StartSlots } from './claiming/start-slots';
import { ReportCoalescer } from './report/report-coalescer';
import { MetricsLoop } from './metrics.loop';
import { StaleClaimsLoop } from './claiming/stale-claims.loop';
import { StartLoop } from './claiming/start.loop';
import { TimeoutLoop } from './finish/timeout.loop';
import { DueLoop } from './delay/due.loop';
import { Reschedule } from './delay/reschedule';
import { Attempts } from './query/attempts';
import { FindTasks } from './query/find-tasks';
import { Why } from './query/why';
import { Rerun } from './rerun/rerun';
import { RerunController } from './rerun/rerun.controller';
import { BulkReportController } from './report/bulk-report.controller';
import { BulkReports } from './report/bulk-reports';
import { AddTasksController } from './create/add-tasks.controller';
import { ReportController } from './report/report.controller';
import { TaskController } from './task.controller';

@Module({
  imports: [DagModule, RulesModule, WebhookModule, IdempotencyModule],
  controllers: [TaskController, ReportController, BulkReportController, RerunController, AddTasksController],
  providers: [
    CreateTasks,
    AddTasks,
    BatchChanges,
    ExistingTasks,
    CreateInTransaction,
    Dedupe,
    InsertGraphs,
    ValidateRequest,
    Finish,
    AfterCommit,
    OpenStarts,
    StartCall,
    StartSlots,
    StartCalls,
    ApplyReports,
    ReportCoalescer,
    ProgressCoalescer,
    BulkReports,
    Claim,
    ClaimSchedule,
    Cancel,
    Pause,
    FindTasks,
    Why,
    Reschedule,
    Attempts,
    Rerun,
    StartLoop,
    DueLoop,
    StaleClaimsLoop,
    TimeoutLoop,
    MetricsLoop,
  ],
  exports: [AfterCommit, BatchChanges, Cancel, CreateInTransaction, ValidateRequest],
})
export class TaskModule {}

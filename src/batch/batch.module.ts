import { Module } from '@nestjs/common';
import { TaskModule } from '../task/task.module';
import { BatchController } from './batch.controller';
import { BatchesController } from './batches.controller';
import { FindBatches } from './find-batches';
import { StopBatch } from './stop-batch';
import { UpdateRules } from './update-rules';

@Module({
  imports: [TaskModule],
  controllers: [BatchController, BatchesController],
  providers: [FindBatches, StopBatch, UpdateRules],
  exports: [StopBatch],
})
export class BatchModule {}

import { Module } from '@nestjs/common';
import { TaskModule } from '../task/task.module';
import { BatchController } from './batch.controller';
import { BatchesController } from './batches.controller';
import { Stop } from './stop';
import { UpdateRules } from './update-rules';

@Module({ imports: [TaskModule], controllers: [BatchController, BatchesController], providers: [Stop, UpdateRules] })
export class BatchModule {}

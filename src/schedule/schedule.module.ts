import { Module } from '@nestjs/common';
import { BatchModule } from '../batch/batch.module';
import { TaskModule } from '../task/task.module';
import { CreateFiring } from './create-firing';
import { FindSchedules } from './find-schedules';
import { FireDue } from './fire-due';
import { RunSchedule } from './run-schedule';
import { SaveSchedule } from './save-schedule';
import { ScheduleController } from './schedule.controller';
import { ScheduleLoop } from './schedule.loop';
import { ValidateSchedule } from './validate-schedule';

@Module({
  imports: [TaskModule, BatchModule],
  controllers: [ScheduleController],
  providers: [FindSchedules, SaveSchedule, RunSchedule, ValidateSchedule, CreateFiring, FireDue, ScheduleLoop],
})
export class ScheduleModule {}

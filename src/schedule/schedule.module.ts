import { Module } from '@nestjs/common';
import { TaskModule } from '../task/task.module';
import { FindSchedules } from './find-schedules';
import { Fire } from './fire';
import { FireDue } from './fire-due';
import { RunSchedule } from './run-schedule';
import { SaveSchedule } from './save-schedule';
import { ScheduleController } from './schedule.controller';
import { ScheduleLoop } from './schedule.loop';
import { ValidateSchedule } from './validate-schedule';

@Module({
  imports: [TaskModule],
  controllers: [ScheduleController],
  providers: [FindSchedules, SaveSchedule, RunSchedule, ValidateSchedule, Fire, FireDue, ScheduleLoop],
})
export class ScheduleModule {}

import { Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { LoopScheduler } from './loop-scheduler';
import { Wakeups } from './wakeups';
import { Worker } from './worker';

@Global()
@Module({
  imports: [ScheduleModule.forRoot()],
  providers: [LoopScheduler, Wakeups, Worker],
  exports: [LoopScheduler, Wakeups, Worker],
})
export class LoopsModule {}

import { Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Wakeups } from './wakeups';
import { Worker } from './worker';

@Global()
@Module({ imports: [ScheduleModule.forRoot()], providers: [Wakeups, Worker], exports: [Wakeups, Worker] })
export class LoopsModule {}

import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Checks } from './checks';
import { HealthController } from './health.controller';

@Module({
  // Terminus would log every failed check, and load balancers ask every few seconds.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Checks],
})
export class HealthModule {}

import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Checks } from './checks';
import { HealthController } from './health.controller';
import { Draining } from './draining';

@Module({
  // Terminus would log every failed check, and a balancer asks every few seconds.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Checks, Draining],
})
export class HealthModule {}

import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheck } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Database } from '../database/database';
import { Checks } from './checks';
import { Health, Liveness, Readiness } from './health.dto';

const EXAMPLE: Health = {
  status: 'ok',
  database: 'healthy',
  pool_size: 10,
  pool_idle: 8,
  pool_waiting: 0,
  breaker: 'closed',
};
const UNDOCUMENTED = { noCache: true, swaggerDocumentation: false };

/** Answers in its own form instead of problem documents: load balancers and orchestrators compare these bodies. */
@ApiTags('Health')
@Controller()
export class HealthController {
  constructor(
    private readonly checks: Checks,
    private readonly database: Database,
  ) {}

  @Get('live')
  @HealthCheck(UNDOCUMENTED)
  @ApiOperation({
    summary: 'Check that the process is alive',
    description: 'Does not touch the database. Restart the process if this fails.',
  })
  @ApiOkResponse({ type: Liveness, description: 'The process is alive' })
  live(): Liveness {
    return { status: 'alive' };
  }

  @Get('ready')
  @HealthCheck(UNDOCUMENTED)
  @ApiOperation({
    summary: 'Check that the process is ready for requests',
    description:
      'The process is not ready while it shuts down, migrations are pending, the circuit breaker is open, the ' +
      'connection pool is exhausted, or the database does not answer.',
  })
  @ApiOkResponse({ type: Readiness, description: 'The process is ready', example: { status: 'ready' } })
  @ApiServiceUnavailableResponse({
    type: Readiness,
    description: 'The process is not ready',
    example: { status: 'not_ready', reason: 'The database connection pool is exhausted' },
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readinessFailures = await this.checks.readinessFailures();
    if (readinessFailures.length === 0) return { status: 'ready' };
    reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: 'not_ready', reason: readinessFailures.join('; ') };
  }

  @Get('health')
  @HealthCheck(UNDOCUMENTED)
  @ApiOperation({
    summary: 'Get the health of the service and its database',
    description: 'For people and monitoring. Restart on `/live`, and route traffic on `/ready`.',
  })
  @ApiOkResponse({ type: Health, description: 'The database answers', example: EXAMPLE })
  @ApiServiceUnavailableResponse({
    type: Health,
    description: 'The database does not answer',
    example: { ...EXAMPLE, status: 'degraded', database: 'unhealthy', pool_idle: 0, pool_waiting: 3, breaker: 'open' },
  })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const isHealthy = await this.checks.isDatabaseHealthy();
    if (!isHealthy) reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    const { total, idle, waiting } = this.database.poolStats;
    return {
      status: isHealthy ? 'ok' : 'degraded',
      database: isHealthy ? 'healthy' : 'unhealthy',
      pool_size: total,
      pool_idle: idle,
      pool_waiting: waiting,
      breaker: this.database.breakerState,
    };
  }
}

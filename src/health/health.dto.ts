import { ApiProperty } from '@nestjs/swagger';

/** The process can answer. */
export class Liveness {
  @ApiProperty({ enum: ['alive'], example: 'alive' })
  status: 'alive';
}

/** Whether requests should be sent here. */
export class Readiness {
  @ApiProperty({ enum: ['ready', 'not_ready'], example: 'ready' })
  status: 'ready' | 'not_ready';

  @ApiProperty({
    description: 'With not_ready: what stands in the way.',
    required: false,
    example: 'The database connection pool is exhausted',
  })
  reason?: string;
}

/** How the service and its database are. */
export class Health {
  @ApiProperty({ enum: ['ok', 'degraded'], example: 'ok' })
  status: 'ok' | 'degraded';

  @ApiProperty({ description: 'Whether the database answers.', enum: ['healthy', 'unhealthy'], example: 'healthy' })
  database: 'healthy' | 'unhealthy';

  @ApiProperty({ description: 'Connections that are open, busy or idle.', type: 'integer', example: 10 })
  pool_size: number;

  @ApiProperty({ description: 'Open connections that nobody uses.', type: 'integer', example: 8 })
  pool_idle: number;

  @ApiProperty({ description: 'Callers that wait for a connection.', type: 'integer', example: 0 })
  pool_waiting: number;

  @ApiProperty({ description: 'The circuit breaker before the database.', enum: ['closed', 'open', 'half-open'] })
  breaker: 'closed' | 'open' | 'half-open';
}

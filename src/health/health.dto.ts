import { ApiProperty } from '@nestjs/swagger';

/** Answer of a live process. */
export class Liveness {
  @ApiProperty({ description: 'Always `alive`.', enum: ['alive'], example: 'alive' })
  status: 'alive';
}

/** Whether the process is ready for requests. */
export class Readiness {
  @ApiProperty({
    description: 'Whether the process is ready for requests.',
    enum: ['ready', 'not_ready'],
    example: 'ready',
  })
  status: 'ready' | 'not_ready';

  @ApiProperty({
    description: 'With `not_ready`: why, all reasons separated by semicolons.',
    required: false,
    example: 'The database connection pool is exhausted',
  })
  reason?: string;
}

/** Health of the service and its database. */
export class Health {
  @ApiProperty({
    description: '`ok` if the database answers, else `degraded`.',
    enum: ['ok', 'degraded'],
    example: 'ok',
  })
  status: 'ok' | 'degraded';

  @ApiProperty({ description: 'Whether the database answers.', enum: ['healthy', 'unhealthy'], example: 'healthy' })
  database: 'healthy' | 'unhealthy';

  @ApiProperty({ description: 'Open database connections, busy and idle.', type: 'integer', example: 10 })
  pool_size: number;

  @ApiProperty({ description: 'Idle database connections.', type: 'integer', example: 8 })
  pool_idle: number;

  @ApiProperty({ description: 'Callers that wait for a database connection.', type: 'integer', example: 0 })
  pool_waiting: number;

  @ApiProperty({
    description: 'State of the circuit breaker in front of the database.',
    enum: ['closed', 'open', 'half-open'],
  })
  breaker: 'closed' | 'open' | 'half-open';
}

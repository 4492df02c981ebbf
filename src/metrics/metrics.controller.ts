import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { Metrics } from './metrics';
import { SAMPLE_EVERY_SECS } from './sampling';

const EXAMPLE = `# HELP hookline_tasks_created_total Tasks created, by kind.
# TYPE hookline_tasks_created_total counter
hookline_tasks_created_total{kind="build"} 12
`;

@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Get the metrics of this process for Prometheus',
    description:
      'Does not touch the database: metrics of its queues come from a sample that each worker takes every ' +
      `${SAMPLE_EVERY_SECS} seconds.`,
  })
  @ApiOkResponse({
    description: 'Metrics in the text format of Prometheus, version 0.0.4',
    content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  text(): Promise<string> {
    return this.metrics.text();
  }
}

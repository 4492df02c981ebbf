import { Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { ApiProblem } from '../http/api-problem';
import { UuidParam } from '../http/params';
import { pageOf } from '../http/page.dto';
import { DeliveryDto, ListDeliveriesDto } from './dto/delivery.dto';
import { ReplayedDto, ReplayFilterDto } from './dto/replay.dto';
import { Replay } from './replay';
import { listDeliveries } from './sql/list-deliveries';

@ApiTags('Webhooks')
@Controller('webhook-deliveries')
export class DeliveriesController {
  constructor(
    private readonly readers: Readers,
    private readonly deliveries: Replay,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Calls to receivers, last changed first, start calls included' })
  @ApiQuery({ type: ListDeliveriesDto })
  @ApiResponse({ status: 200, type: [DeliveryDto] })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown): Promise<DeliveryDto[]> {
    const filter = ListDeliveriesDto.parse(query);
    const { limit, offset } = pageOf(filter, this.config.pagination);
    const [statement, values] = listDeliveries(filter, limit, offset);
    const rows = await this.readers.run(statement, ...values);
    const isGuarded = this.config.access.tokens.length > 0;
    return rows.map((row) => DeliveryDto.from(row, isGuarded));
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send a notification again that was given up',
    description: 'It is queued with the same idempotency key and has all its attempts before it again.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 202, description: 'It is queued.' })
  @ApiProblem(400, 404, 413, 415, 503)
  replayOne(@UuidParam('id') id: string): Promise<void> {
    return this.deliveries.one(id);
  }

  @Post('replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send notifications again that were given up, the oldest first',
    description: 'A thousand a call at most: ask again until nothing is replayed.',
  })
  @ApiQuery({ type: ReplayFilterDto })
  @ApiResponse({ status: 202, type: ReplayedDto })
  @ApiProblem(400, 413, 415, 503)
  async replayExhausted(@Query() query: unknown): Promise<ReplayedDto> {
    return { replayed: await this.deliveries.exhausted(ReplayFilterDto.parse(query).task_id) };
  }
}

import { Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { ApiProblem } from '../http/api-problem';
import { LINK_HEADER, linked } from '../http/page-links';
import { Actor, DeliveryId } from '../http/params';
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
    private readonly replay: Replay,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List calls to receivers, start calls included, last changed first' })
  @ApiQuery({ type: ListDeliveriesDto })
  @ApiResponse({ status: 200, type: [DeliveryDto], description: 'A page of deliveries', headers: LINK_HEADER })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<DeliveryDto[]> {
    const filter = ListDeliveriesDto.parse(query);
    const bounds = pageOf(filter, this.config.pagination);
    const [statement, values] = listDeliveries(filter, bounds.limit, bounds.offset);
    const rows = await this.readers.run(statement, ...values);
    const isGuarded = this.config.access.tokens.length > 0;
    const items = rows.map((row) => DeliveryDto.from(row, isGuarded));
    return linked(reply, this.config.hostUrl, { items, bounds, isFull: rows.length === bounds.limit });
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send an exhausted notification again',
    description: 'Queues the notification with its idempotency key and a new set of attempts.',
  })
  @ApiResponse({ status: 202, description: 'The notification is queued.' })
  @ApiProblem(400, 404, 413, 415, 503)
  replayOne(@DeliveryId() id: string, @Actor() actor: string | null): Promise<void> {
    return this.replay.one(id, actor);
  }

  @Post('replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send exhausted notifications again, oldest first',
    description: 'Replays at most 1,000 notifications a call; repeat while `replayed` is 1,000.',
  })
  @ApiQuery({ type: ReplayFilterDto })
  @ApiResponse({ status: 202, type: ReplayedDto, description: 'The notifications are queued.' })
  @ApiProblem(400, 413, 415, 503)
  async replayExhausted(@Query() query: unknown, @Actor() actor: string | null): Promise<ReplayedDto> {
    return { replayed: await this.replay.exhausted(ReplayFilterDto.parse(query).task_id, actor) };
  }
}

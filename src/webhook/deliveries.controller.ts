import { Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { LINK_HEADER, linked } from '../http/page-links';
import { acceptable, Actor, DeliveryId, RawBody } from '../http/params';
import { DeliveryDetailDto } from './dto/delivery-detail.dto';
import { ListDeliveriesDto } from './dto/delivery-filter.dto';
import { DeliveryDto } from './dto/delivery.dto';
import { ReplayDto, ReplayedDto, ReplayFilterDto } from './dto/replay.dto';
import { FindDeliveries } from './find-deliveries';
import { Replay } from './replay';

@ApiTags('Webhooks')
@Controller('webhook-deliveries')
export class DeliveriesController {
  constructor(
    private readonly deliveries: FindDeliveries,
    private readonly replay: Replay,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @Accepts({ query: ListDeliveriesDto })
  @ApiOperation({
    summary: 'List calls to receivers, start calls included, by default last changed first',
    description: 'Calls in flight and notifications that wait for their next attempt are listed too.',
  })
  @ApiQuery({ type: ListDeliveriesDto })
  @ApiResponse({ status: 200, type: [DeliveryDto], description: 'A page of deliveries', headers: LINK_HEADER })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<DeliveryDto[]> {
    return linked(reply, this.config.hostUrl, await this.deliveries.list(ListDeliveriesDto.parse(query)));
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Read a call to a receiver: its request, its attempts, and what it waits for',
    description: 'The id of a start call in flight is that of its task. It also finds the last start call of the task.',
  })
  @ApiResponse({ status: 200, type: DeliveryDetailDto, description: 'The delivery' })
  @ApiProblem(400, 404, 503)
  find(@DeliveryId() id: string): Promise<DeliveryDetailDto> {
    return this.deliveries.one(id);
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
  @Accepts({ query: ReplayFilterDto, body: [ReplayDto] })
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send exhausted notifications again, oldest first',
    description: 'Replays at most 1,000 notifications a call; repeat while `replayed` is 1,000.',
  })
  @ApiQuery({ type: ReplayFilterDto })
  @ApiBody({
    type: ReplayDto,
    required: false,
    description: 'Without a body, all exhausted notifications that match the filters are sent again.',
  })
  @ApiResponse({ status: 202, type: ReplayedDto, description: 'The notifications are queued.' })
  @ApiProblem(400, 413, 415, 503)
  async replayExhausted(
    @Query() query: unknown,
    @RawBody() body: unknown,
    @Actor() actor: string | null,
  ): Promise<ReplayedDto> {
    const { ids } = ReplayDto.parse(body === undefined ? undefined : acceptable(body));
    return { replayed: await this.replay.exhausted({ ...ReplayFilterDto.parse(query), ids }, actor) };
  }
}

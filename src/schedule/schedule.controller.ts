import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { LINK_HEADER, linked } from '../http/page-links';
import { Actor, JsonBody, ScheduleName } from '../http/params';
import { CreateRequestDto } from '../task/dto/create-request.dto';
import { CreateTaskDto } from '../task/dto/create-task.dto';
import { SCHEDULE_EXAMPLES } from './dto/examples';
import { FiringDto } from './dto/firing.dto';
import { ListSchedulesDto } from './dto/list-schedules.dto';
import { SaveScheduleDto } from './dto/save-schedule.dto';
import { ScheduleDto, ScheduleSummaryDto } from './dto/schedule.dto';
import { FindSchedules } from './find-schedules';
import { RunSchedule } from './run-schedule';
import { SaveSchedule } from './save-schedule';

@ApiTags('Schedules')
@Controller('schedule')
export class ScheduleController {
  constructor(
    private readonly findSchedules: FindSchedules,
    private readonly saveSchedule: SaveSchedule,
    private readonly runSchedule: RunSchedule,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @Accepts({ query: ListSchedulesDto })
  @ApiOperation({
    summary: 'List schedules, by default by name',
    description: 'Each has its last firing. The header `Link` leads to the other pages.',
  })
  @ApiQuery({ type: ListSchedulesDto })
  @ApiResponse({ status: 200, type: [ScheduleSummaryDto], description: 'A page of schedules', headers: LINK_HEADER })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<ScheduleSummaryDto[]> {
    return linked(reply, this.config.hostUrl, await this.findSchedules.list(ListSchedulesDto.parse(query)));
  }

  @Get(':name')
  @ApiOperation({
    summary: 'Get a schedule, with its next due times and its last firings',
    description: 'Shows the next five due times and the last ten firings.',
  })
  @ApiResponse({ status: 200, type: ScheduleDto, description: 'The schedule' })
  @ApiProblem(400, 404, 503)
  get(@ScheduleName() name: string): Promise<ScheduleDto> {
    return this.findSchedules.byName(name);
  }

  @Put(':name')
  @Accepts({ body: [SaveScheduleDto] })
  @ApiOperation({
    summary: 'Create or replace a schedule',
    description:
      'Replaces all settings; those that are left out get their defaults. The firings stay. So does the next due time, ' +
      'unless `cron`, `timezone`, `starts_at` or `ends_at` changes: the same request can be repeated at any time.',
  })
  @ApiExtraModels(CreateTaskDto, CreateRequestDto)
  @ApiBody({ type: SaveScheduleDto, examples: SCHEDULE_EXAMPLES })
  @ApiResponse({ status: 201, type: ScheduleDto, description: 'The schedule is created.' })
  @ApiResponse({ status: 200, type: ScheduleDto, description: 'The schedule is replaced.' })
  @ApiProblem(400, 404, 413, 415, 503)
  async save(
    @ScheduleName() name: string,
    @JsonBody() body: unknown,
    @Actor() actor: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScheduleDto> {
    const isNew = await this.saveSchedule.save(name, body, actor);
    void reply.status(isNew ? 201 : 200);
    return this.findSchedules.byName(name);
  }

  @Delete(':name')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Remove a schedule and the records of its firings; its batches stay',
    description: '`PUT` with the same name creates a new one.',
  })
  @ApiResponse({ status: 200, description: 'The schedule is removed.' })
  @ApiProblem(400, 404, 413, 415, 503)
  remove(@ScheduleName() name: string, @Actor() actor: string | null): Promise<void> {
    return this.saveSchedule.remove(name, actor);
  }

  @Post(':name/run')
  @HttpCode(201)
  @ApiOperation({
    summary: 'Fire a schedule now',
    description:
      'Creates its batch now, in addition to the due times, even while the schedule is paused. `overlap` applies.',
  })
  @ApiResponse({ status: 201, type: FiringDto, description: 'The firing' })
  @ApiProblem(400, 404, 409, 413, 415, 503)
  run(@ScheduleName() name: string, @Actor() actor: string | null): Promise<FiringDto> {
    return this.runSchedule.now(name, actor);
  }

  @Post(':name/pause')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Pause a schedule: nothing is due until it is resumed',
    description: 'Its batches go on, and it can still be run by hand.',
  })
  @ApiResponse({ status: 200, type: ScheduleDto, description: 'The paused schedule' })
  @ApiProblem(400, 404, 413, 415, 503)
  async pause(@ScheduleName() name: string, @Actor() actor: string | null): Promise<ScheduleDto> {
    await this.saveSchedule.pause(name, actor);
    return this.findSchedules.byName(name);
  }

  @Post(':name/resume')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Resume a schedule',
    description: 'It continues with the next due time from now. Due times during the pause are not fired.',
  })
  @ApiResponse({ status: 200, type: ScheduleDto, description: 'The resumed schedule' })
  @ApiProblem(400, 404, 413, 415, 503)
  async resume(@ScheduleName() name: string, @Actor() actor: string | null): Promise<ScheduleDto> {
    await this.saveSchedule.resume(name, actor);
    return this.findSchedules.byName(name);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { scheduleNotFound } from '../domain/errors';
import type { Page } from '../http/page-links';
import { pageOf } from '../http/page.dto';
import { DueTimes, first } from './due-times';
import { FiringDto } from './dto/firing.dto';
import type { ListSchedulesDto } from './dto/list-schedules.dto';
import { ScheduleDto, ScheduleSummaryDto } from './dto/schedule.dto';
import { redactedBatch } from './redacted-batch';
import { findSchedule, LISTS_OF_SCHEDULES, type ScheduleRow } from './sql/find';
import { type FiringRow, lastFirings } from './sql/firing';

const NEXT_SHOWN = 5;
const LAST_SHOWN = 10;

/** Reads schedules for clients. */
@Injectable()
export class FindSchedules {
  constructor(
    private readonly readers: Readers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Returns one page of schedules, by default by name. */
  async list({ sort = 'name', ...page }: ListSchedulesDto): Promise<Page<ScheduleSummaryDto>> {
    const bounds = pageOf(page, this.config.pagination);
    const rows = await this.readers.run(LISTS_OF_SCHEDULES[sort], bounds.limit, bounds.offset);
    const items = rows.map((row) => ScheduleSummaryDto.of(row, row.fired_at ? FiringDto.from(row as FiringRow) : null));
    return { items, bounds, isFull: rows.length === bounds.limit };
  }

  /** @throws {NotFound} when the schedule does not exist. */
  async byName(name: string): Promise<ScheduleDto> {
    const [row] = await this.readers.run(findSchedule, name);
    if (!row) throw scheduleNotFound(name);
    const last = (await this.readers.run(lastFirings, name, LAST_SHOWN)).map((firing) => FiringDto.from(firing));
    const isGuarded = this.config.access.tokens.length > 0;
    return {
      ...ScheduleSummaryDto.of(row, last[0] ?? null),
      batch: isGuarded ? redactedBatch(row.batch) : row.batch,
      next: nextOf(row).map((time) => time.toISOString()),
      last,
    };
  }
}

function nextOf(row: ScheduleRow): Date[] {
  if (row.paused || !row.next_due_at) return [];
  return first(NEXT_SHOWN, new DueTimes(row).after(new Date(row.next_due_at.getTime() - 1)));
}

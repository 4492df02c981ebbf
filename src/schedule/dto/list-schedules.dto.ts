import { IsIn, IsOptional } from 'class-validator';
import { ApiOneOf } from '../../http/api-one-of';
import { PageDto } from '../../http/page.dto';
import { validated } from '../../http/validation';
import { SCHEDULE_SORTS, type ScheduleSort } from '../sql/find';

/** Parameters of the list of schedules. */
export class ListSchedulesDto extends PageDto {
  /**
   * Order of the schedules: `name` (the default) or `next_due_at` (next due first; paused schedules and those never due again
   * come last).
   */
  @ApiOneOf(SCHEDULE_SORTS)
  @IsIn(SCHEDULE_SORTS, { message: `must be one of ${SCHEDULE_SORTS.join(', ')}` })
  @IsOptional()
  sort?: ScheduleSort;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListSchedulesDto {
    return validated(ListSchedulesDto, query);
  }
}

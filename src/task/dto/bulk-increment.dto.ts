import { IntersectionType } from '@nestjs/swagger';
import type { Increment } from '../report/progress-coalescer';
import { BulkItemDto } from './bulk-item.dto';
import { CountsDto } from './counts.dto';
import { IncrementDto } from './increment.dto';

/** Progress in a bulk, with the task whose counters it adds to. Other fields are ignored. */
export class BulkIncrementDto extends IntersectionType(BulkItemDto, CountsDto) {
  /** Returns the increment, or its faults, each naming its field. */
  static read(item: Record<string, unknown>): Increment | string[] {
    const faults = IncrementDto.faultsOf(item, BulkIncrementDto);
    if (faults.length > 0) return faults;
    const increment = item as unknown as BulkIncrementDto;
    return IncrementDto.toIncrement(increment.id.toLowerCase(), increment.attempt ?? 1, increment);
  }
}

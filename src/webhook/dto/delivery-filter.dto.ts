import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID, Matches } from 'class-validator';
import { type Trigger, TRIGGERS } from '../../domain/action';
import { ApiOneOf } from '../../http/api-one-of';
import { IsTime } from '../../http/is-time';
import { PageDto } from '../../http/page.dto';
import { ApiSomeOf } from '../../http/query-list';
import { withStatusesOf } from '../../http/status-filter';
import { validated } from '../../http/validation';
import type { DeliveryFilter } from '../sql/delivery-filter';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../sql/delivery-sources';
import { DELIVERY_SORTS, type DeliverySort } from '../sql/list-deliveries';

const HOST = /^[\p{L}\p{N}_.:[\]-]{1,300}$/u;

/** What deliveries are selected by, combined with AND. */
export class DeliveryFilterDto implements DeliveryFilter {
  /** Only deliveries of this task. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  task_id?: string;

  /** Only deliveries of this batch and its tasks. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  batch_id?: string;

  /** Only calls for this event. A list searches the first 10,000 deliveries, in its order, that match the other filters. */
  @ApiOneOf(TRIGGERS)
  @IsIn(TRIGGERS, { message: `must be one of ${TRIGGERS.join(', ')}` })
  @IsOptional()
  trigger?: Trigger;

  /**
   * Only calls to this host: `name:port`, or a name, which stands for all its ports; case-insensitive, without a default
   * port. A name in Unicode is written as in the URL. A list searches the first 10,000 deliveries, in its order, that match
   * the other filters.
   */
  @ApiProperty({ required: false, maxLength: 300, example: 'worker.example.com' })
  @Matches(HOST, { message: 'must be a host name, with or without a port, of at most 300 characters' })
  @IsOptional()
  host?: string;

  /** Only deliveries that changed at this time or later. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  updated_after?: string;

  /** Only deliveries that last changed at this time or earlier. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  updated_before?: string;
}

/** Filters of the delivery list, combined with AND. */
export class ListDeliveriesDto extends IntersectionType(DeliveryFilterDto, PageDto) {
  /** Status of the delivery; case-insensitive. Several: separated by commas, or given several times. */
  @ApiSomeOf(DELIVERY_STATUSES)
  @IsIn(DELIVERY_STATUSES, { each: true, message: `must be one of ${DELIVERY_STATUSES.join(', ')}` })
  @IsOptional()
  status?: DeliveryStatus[];

  /** Order of the deliveries: `-updated_at` (last changed first, the default) or `updated_at`. */
  @ApiOneOf(DELIVERY_SORTS)
  @IsIn(DELIVERY_SORTS, { message: `must be one of ${DELIVERY_SORTS.join(', ')}` })
  @IsOptional()
  sort?: DeliverySort;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListDeliveriesDto {
    return validated(ListDeliveriesDto, withStatusesOf(DELIVERY_STATUSES, query));
  }
}

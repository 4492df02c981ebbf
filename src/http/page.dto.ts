import { ApiProperty } from '@nestjs/swagger';
import type { Config } from '../config/config';

// A bigint to PostgreSQL; beyond it there is nothing anyway.
const MAX_OFFSET = 9_000_000_000_000_000;

/** Which part of a list is wanted. What makes no sense is brought to the nearest that does. */
export class PageDto {
  /** From 0; a page behind the end is empty. */
  @ApiProperty({ required: false, type: 'integer', default: 0 })
  page?: string;

  /** Items on a page: at most PAGINATION_MAX, PAGINATION_DEFAULT if not given. */
  @ApiProperty({ required: false, type: 'integer' })
  page_size?: string;
}

/** The limits of a page; clamped instead of refused, as the contract says. */
export function pageOf({ page, page_size }: PageDto, config: Config['pagination']): { limit: number; offset: number } {
  const size = toInteger(page_size);
  const limit = size === undefined || size < 1 ? Math.min(config.default, config.max) : Math.min(size, config.max);
  const offset = Math.min(Math.max(0, toInteger(page) ?? 0) * limit, MAX_OFFSET);
  return { limit, offset };
}

function toInteger(text: string | undefined): number | undefined {
  const number = Math.trunc(Number(text));
  return text === undefined || text === '' || Number.isNaN(number) ? undefined : number;
}

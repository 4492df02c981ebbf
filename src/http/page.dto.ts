import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { Config } from '../config/config';

// Still a bigint to PostgreSQL, and beyond the end of any list.
const MAX_OFFSET = 9_000_000_000_000_000;

/** The page of a list to return. Values out of range are clamped, not refused. */
export class PageDto {
  /** Number of the page, from 0; a page after the end is empty. */
  @ApiProperty({ required: false, type: 'integer', default: 0 })
  @IsOptional()
  page?: string;

  /** Items per page: at most `PAGINATION_MAX`, by default `PAGINATION_DEFAULT`. */
  @ApiProperty({ required: false, type: 'integer' })
  @IsOptional()
  page_size?: string;
}

/** Where a page begins and how many items it has. */
export interface PageBounds {
  limit: number;
  offset: number;
}

/** Returns the bounds of a page, clamped to valid values. */
export function pageOf({ page, page_size }: PageDto, config: Config['pagination']): PageBounds {
  const size = toInteger(page_size);
  const limit = size === undefined || size < 1 ? Math.min(config.default, config.max) : Math.min(size, config.max);
  const offset = Math.min(Math.max(0, toInteger(page) ?? 0) * limit, MAX_OFFSET);
  return { limit, offset };
}

function toInteger(text: string | undefined): number | undefined {
  const number = Math.trunc(Number(text));
  return text === undefined || text === '' || Number.isNaN(number) ? undefined : number;
}

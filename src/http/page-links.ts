import type { FastifyReply } from 'fastify';
import type { PageBounds } from './page.dto';

/** The items of one page of a list. */
export interface Page<T> {
  items: T[];
  bounds: PageBounds;
  /** Whether the page has as many items as it may have, so that another may follow. */
  isFull: boolean;
}

/** Longer links are left out: together with other headers, many clients accept only 8 KiB. */
const MAX_LENGTH = 6000;

/** Describes the header in the OpenAPI document. */
export const LINK_HEADER = {
  Link: {
    description:
      'RFC 8288: the URLs of the `next`, `prev` and `first` page, with all other parameters of the request. There is ' +
      'no `next` after a page with fewer than `page_size` items, and no header if it would have over 6,000 characters.',
    schema: { type: 'string' as const },
    example: '<http://localhost:8085/task?status=Failure&page=1>; rel="next"',
  },
};

/**
 * Returns the items of a page, and sets the header `Link`.
 * @param hostUrl the address under which clients reach the service.
 */
export function linked<T>(reply: FastifyReply, hostUrl: string, { items, bounds, isFull }: Page<T>): T[] {
  const { routeOptions, originalUrl } = reply.request;
  const query = /\?(.*)/s.exec(originalUrl)?.[1] ?? '';
  const page = Math.floor(bounds.offset / bounds.limit);
  const link = (number: number, rel: string): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(number));
    return `<${hostUrl}${routeOptions.url}?${parameters}>; rel="${rel}"`;
  };
  const links = [link(0, 'first')];
  if (page > 0) links.unshift(link(page - 1, 'prev'));
  if (isFull) links.unshift(link(page + 1, 'next'));
  const written = links.join(', ');
  if (written.length <= MAX_LENGTH) void reply.header('link', written);
  return items;
}

import type { FastifyReply } from 'fastify';
import type { PageBounds } from './page.dto';

/** The items of one page of a list. */
export interface Page<T> {
  items: T[];
  bounds: PageBounds;
  /** Whether the page has as many items as it may have, so that another may follow. */
  isFull: boolean;
}

/** Longer queries get no links: three of them could exceed the size of headers that clients accept. */
const MAX_QUERY_LENGTH = 2000;

/** Describes the header in the OpenAPI document. */
export const LINK_HEADER = {
  Link: {
    description:
      'RFC 8288: the URLs of the `next`, `prev` and `first` page, with all other parameters of the request. There is ' +
      'no `next` after a page with fewer than `page_size` items, and no header if the query has over 2,000 characters.',
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
  const [, query = ''] = originalUrl.split('?', 2);
  if (query.length > MAX_QUERY_LENGTH) return items;
  const page = Math.floor(bounds.offset / bounds.limit);
  const link = (number: number, rel: string): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(number));
    return `<${hostUrl}${routeOptions.url}?${parameters}>; rel="${rel}"`;
  };
  const links = [link(0, 'first')];
  if (page > 0) links.unshift(link(page - 1, 'prev'));
  if (isFull) links.unshift(link(page + 1, 'next'));
  void reply.header('link', links.join(', '));
  return items;
}

import { setImmediate } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { Overloaded } from '../domain/errors';
import { isObject } from '../domain/json';
import { type ItemRefusal, itemsOf } from '../http/bulk';
import { MAX_BULK_ITEMS } from '../http/bulk-limit';
import { isUuid } from '../http/is-uuid';
import { plainProblem, type Problem, problemOf } from '../http/problem';
import type { HandleCheck, HandleTokens } from './handle-tokens';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request has no token of the service that allows it: its items must have handle tokens. */
    needsItemTokens?: boolean;
    /** Returns the answer that its credentials get if no item has a valid token; absent if it has no credentials. */
    refuseCredentials?: () => Problem;
  }
}

const BULK_ROUTE = '/task';
const BULK_METHODS: ReadonlySet<string> = new Set(['PATCH', 'PUT']);
/** Enough for 10,000 reports with tokens. */
const MAX_BYTES = 4 * 1024 * 1024;
/** For the bodies of callers who may turn out to have no token at all. */
const MAX_BYTES_IN_ALL = 32 * 1024 * 1024;
const RETRY_AFTER_SECS = 1;
/** Other requests are answered between that many items. */
const ITEMS_PER_TURN = 500;
const TOO_LARGE = 'With handle tokens only, a bulk must have a Content-Length of at most 4 MiB';

const REFUSALS: Readonly<Record<Exclude<HandleCheck, 'report'> | 'missing', ItemRefusal>> = {
  missing: { status: 401, error: 'token: is required, as the request has no token of the service' },
  invalid: { status: 401, error: 'token: is not valid for this attempt at this task' },
  expired: { status: 401, error: 'token: has expired' },
  read: { status: 403, error: 'token: is that of a notification, which is read-only' },
};

/** What the tokens in the items of a bulk permit. */
export interface ItemAccess {
  /** The items without a valid token, by index. */
  refused: Map<number, ItemRefusal>;
  hasValid: boolean;
  hasWrong: boolean;
}

/** Access to bulk reports by handle tokens in their items. The body is read before they are checked, so it is bounded. */
export class BulkAccess {
  private bytesInFlight = 0;

  constructor(private readonly handles: HandleTokens) {}

  /** Returns whether a request is a bulk of reports or increments. */
  accepts({ method, routeOptions }: FastifyRequest): boolean {
    return routeOptions.url === BULK_ROUTE && BULK_METHODS.has(method);
  }

  /**
   * Returns why not to read the body of a bulk, or undefined to read it and check its items.
   * @param refuseCredentials answers a bulk that is not read, or has no valid token, if it has credentials that are not
   * enough. Otherwise, wrong ones in large bulks would not be counted.
   */
  refusalOf(request: FastifyRequest, refuseCredentials?: () => Problem): Problem | undefined {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    const bytes = Number(length ?? 0);
    if (encoding !== undefined || bytes > MAX_BYTES) return refuseCredentials?.() ?? plainProblem(413, TOO_LARGE);
    if (this.bytesInFlight + bytes > MAX_BYTES_IN_ALL)
      return refuseCredentials?.() ?? problemOf(new Overloaded('Too many requests are waiting', RETRY_AFTER_SECS));
    this.bytesInFlight += bytes;
    // Emitted as soon as the body has been read or cut off.
    request.raw.once('close', () => (this.bytesInFlight -= bytes));
    request.needsItemTokens = true;
    request.refuseCredentials = refuseCredentials;
    return undefined;
  }

  /** Checks the tokens of all items of a bulk. */
  async check(body: unknown): Promise<ItemAccess> {
    const access: ItemAccess = { refused: new Map(), hasValid: false, hasWrong: false };
    const items = itemsOf(body)?.slice(0, MAX_BULK_ITEMS) ?? [];
    for (const [index, item] of items.entries()) {
      if (index % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) await setImmediate();
      const check = this.checkItem(item);
      if (check === 'report') access.hasValid = true;
      else access.refused.set(index, REFUSALS[check]);
      if (check === 'invalid') access.hasWrong = true;
    }
    return access;
  }

  private checkItem(item: unknown): HandleCheck | 'missing' {
    if (!isObject(item) || typeof item.token !== 'string') return 'missing';
    return isUuid(item.id)
      ? this.handles.verify(item.id.toLowerCase(), Number(item.attempt ?? 1), item.token)
      : 'invalid';
  }
}

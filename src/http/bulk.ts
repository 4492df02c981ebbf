import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InvalidRequest } from '../domain/errors';
import { MAX_BULK_ITEMS } from './bulk-limit';
import { unknownMembers } from './ignored-input';
import { UnacceptableBody } from './json-body';
import { acceptable } from './params';

/** Why an item of a bulk is refused: the status and the sentence that it would have got alone. */
export interface ItemRefusal {
  status: number;
  error: string;
}

/** A body that is a list, whose items succeed or fail one by one. */
export interface Bulk {
  items: readonly unknown[];
  /** Whether texts or numbers in some items cannot be stored. */
  isUnstorable: boolean;
  /** Items that the caller may not report on, by index. */
  refused: ReadonlyMap<number, ItemRefusal>;
  /** Returns the faults of an item with members that would be ignored, if the client is strict. */
  unknownIn: (item: object) => string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The items of a bulk that have no valid token, if the request has no token of the service. */
    refusedItems?: ReadonlyMap<number, ItemRefusal>;
  }
}

const NONE: ReadonlyMap<number, ItemRefusal> = new Map();

/** Passes the items of a bulk. */
export const BulkBody = createParamDecorator((_data: unknown, context: ExecutionContext): Bulk => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { body, refusedItems = NONE, isStrict, routeOptions } = request;
  const forms = isStrict ? routeOptions.config.accepted?.items : undefined;
  const items = itemsOf(body) ?? acceptable(body);
  if (!Array.isArray(items)) throw invalid('must be an array of reports');
  if (items.length > MAX_BULK_ITEMS) throw invalid(`must have at most ${MAX_BULK_ITEMS} reports`);
  return {
    items,
    isUnstorable: body instanceof UnacceptableBody,
    refused: refusedItems,
    unknownIn: (item) => (forms ? unknownMembers(item, forms) : []),
  };
});

/** Returns the items of a body, even if some cannot be stored; undefined if it is not a list, or is nested too deep. */
export function itemsOf(body: unknown): unknown[] | undefined {
  const value = body instanceof UnacceptableBody && !body.tooDeep ? body.value : body;
  return Array.isArray(value) ? value : undefined;
}

const invalid = (fault: string) => new InvalidRequest('The request is not valid', [`body: ${fault}`]);

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { InvalidRequest } from '../domain/errors';
import { isObject } from '../domain/json';
import { type Accepted, type Ignored, ignoredMembers, ignoredParameters } from './accepted';
import type { ServiceAdapter } from './adapter';
import { MAX_BULK_ITEMS } from './bulk-limit';
import { bounded } from './faults';
import { UnacceptableBody } from './json-body';
import type { Dto } from './nested';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client prefers a 400 to an answer that ignores a part of the request. */
    isStrict?: boolean;
  }
}

export const IGNORED_HEADER = 'X-Hookline-Ignored';
const MAX_NAMED = 20;
/** Characters of a path, before they are encoded. */
const MAX_LENGTH = 100;
/** Characters of the header: many clients accept only 8 or 16 KiB of headers. */
const ENOUGH = 2000;
/** The page, the explorer and the document have parameters of their own. */
const OTHERS = /^\/(?:view|swagger-ui|api-docs)\b/;
/** The first preference of this name counts; others may have commas in quotes. */
const HANDLING = /^(?:(?:[^",]|"[^"]*")*,)*?\s*handling\s*=\s*"?([\w-]*)/i;

/**
 * Names what requests have that their operation ignores, such as mistyped members, in a header of the answer. With
 * `Prefer: handling=strict` (RFC 7240) such requests are refused.
 */
@Injectable()
export class IgnoredInput implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost<ServiceAdapter>) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('preHandler', (request, reply, done) => {
      const { url, config } = request.routeOptions;
      if (url === undefined || OTHERS.test(url)) return done();
      const { accepted = {} } = config;
      if (isStrict(request)) {
        request.isStrict = true;
        void reply.header('Preference-Applied', 'handling=strict');
      }
      const ignored = firstOf(ignoredIn(request, accepted), MAX_NAMED + 1);
      if (ignored.length === 0) return done();
      void reply.header(IGNORED_HEADER, listed(ignored));
      // The items of a bulk are refused one by one.
      const refused =
        accepted.items && request.isStrict ? ignoredParameters(request.query as object) : ignoredIn(request, accepted);
      const faults = request.isStrict ? bounded(sentences(refused)) : [];
      done(
        faults.length > 0
          ? new InvalidRequest('The request has parts that the service does not know', faults)
          : undefined,
      );
    });
  }
}

/** Returns sentences about the members of an item of a bulk that are ignored, the first of them with a suggestion. */
export const unknownMembers = (item: unknown, forms: readonly Dto[]): string[] =>
  bounded(sentences(firstOf(ignoredMembers(item, forms), MAX_NAMED), 1));

function isStrict({ headers: { prefer } }: FastifyRequest): boolean {
  return prefer !== undefined && HANDLING.exec(String(prefer))?.[1].toLowerCase() === 'strict';
}

function* ignoredIn({ query, body }: FastifyRequest, accepted: Accepted): Generator<Ignored> {
  yield* ignoredParameters(query as object, accepted.query);
  const value: unknown = body instanceof UnacceptableBody ? !body.tooDeep && body.value : body;
  if (accepted.items) {
    if (!Array.isArray(value) || value.length > MAX_BULK_ITEMS) return;
    for (const [index, item] of value.entries())
      if (isObject(item)) yield* ignoredMembers(item, accepted.items, `[${index}]`);
  } else if (typeof value === 'object') yield* ignoredMembers(value, accepted.body ?? NO_FORM);
}

/** The form of a body that is not read. */
class Nothing {}
const NO_FORM = [Nothing];

/** @param suggestions how many of the sentences say what may have been meant */
function* sentences(ignored: Iterable<Ignored>, suggestions = MAX_NAMED): Generator<string> {
  let left = suggestions;
  for (const { path, meant } of ignored) {
    const name = left-- > 0 ? meant() : undefined;
    yield `${path}: is unknown${name ? `; did you mean ${name}?` : ''}`;
  }
}

function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const item of items) if (first.push(item) === count) break;
  return first;
}

/** Returns the value of the header: paths in percent-encoding, and `...` if there are more. */
function listed(ignored: readonly Ignored[]): string {
  let text = '';
  for (const [index, { path }] of ignored.entries()) {
    if (index === MAX_NAMED || text.length > ENOUGH) return `${text}, ...`;
    text += `${text && ', '}${encoded(path.slice(0, MAX_LENGTH))}`;
  }
  return text;
}

/** Encodes all bytes but visible ASCII, and those with a meaning in the header. */
const encoded = (path: string): string =>
  [...Buffer.from(path)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[!-~]/.test(character) && !/[,%]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

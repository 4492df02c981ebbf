import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvalidRequest } from '../domain/errors';
import { documentedBy } from '../http/params';

const HEADER = 'Idempotency-Key';
const KEY = /^[\x21-\x7e]{1,255}$/;
/** A quoted string of RFC 8941: a quote and a backslash in it are escaped with a backslash. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

/** Passes the key of a request, if it has one, and documents the header. */
export const IdempotencyKey = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string | undefined => {
    const { raw } = context.switchToHttp().getRequest<FastifyRequest>();
    return raw.headers['idempotency-key'] === undefined ? undefined : keyOf(raw.headersDistinct['idempotency-key']!);
  },
  [
    documentedBy(
      ApiHeader({
        name: HEADER,
        required: false,
        description:
          'Makes it safe to repeat the request: the same key with the same body gets the first answer again, and ' +
          'creates nothing. Keys are kept for `IDEMPOTENCY_KEY_TTL_HOURS`, 24 hours by default. Use a new key for each ' +
          'request, such as a UUID: 1 to 255 visible ASCII characters, bare or quoted.',
        schema: { type: 'string' },
        example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
      }),
    ),
  ],
);

/**
 * Returns the key that the values of the header name. A quoted key equals the same key without quotes.
 * @throws {InvalidRequest}
 */
function keyOf(values: readonly string[]): string {
  if (values.length > 1) throw refused('must be given once');
  const [value] = values;
  const key = value.startsWith('"') ? QUOTED.exec(value)?.[1].replace(/\\(.)/g, '$1') : value;
  if (key === undefined) throw refused('must end with a quote if it begins with one, and escape those inside as \\"');
  if (!KEY.test(key)) throw refused('must have 1 to 255 visible ASCII characters, bare or in quotes');
  return key;
}

const refused = (fault: string) => new InvalidRequest('The request is not valid', [`${HEADER}: ${fault}`]);

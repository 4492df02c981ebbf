import {
  type ArgumentMetadata,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type PipeTransform,
} from '@nestjs/common';
import { InvalidRequest } from '../domain/errors';
import { UnacceptableBody } from './json-body';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** For `@Param('id', UuidPipe)`: lets through what PostgreSQL takes for a UUID, of any version, in lower case. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string, { data }: ArgumentMetadata): string {
    if (!UUID.test(value)) throw new InvalidRequest('The request is not valid', [`${data}: must be a UUID`]);
    return value.toLowerCase();
  }
}

/**
 * For all endpoints: one that reads a body gets one that is acceptable. Those that read none (pause, resume, cancel) may
 * be called with an empty body of any declared type, as some clients do.
 */
@Injectable()
export class BodyPipe implements PipeTransform<unknown, unknown> {
  transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
    return type === 'body' && data === undefined ? acceptable(value) : value;
  }
}

/**
 * The body as it came, for endpoints that say themselves what is wrong with it: its value, or `UnacceptableBody`.
 * Global pipes leave it alone.
 */
export const RawBody = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<{ body: unknown }>().body,
);

/** @throws {InvalidRequest} unless there is a body that can be taken as it is. */
export function acceptable(body: unknown): unknown {
  if (body instanceof UnacceptableBody) throw body.problem;
  if (body === undefined) throw new InvalidRequest('The request is not valid', ['body: must not be empty']);
  return body;
}

import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { InvalidRequest } from '../domain/errors';

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
 * For all endpoints: one that reads a body gets one. Those that read none (pause, resume, cancel) may be called with an
 * empty body of any declared type, as some clients do.
 */
@Injectable()
export class BodyRequiredPipe implements PipeTransform<unknown, unknown> {
  transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
    if (type === 'body' && data === undefined && value === undefined) {
      throw new InvalidRequest('The request is not valid', ['body: must not be empty']);
    }
    return value;
  }
}

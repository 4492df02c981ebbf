import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { UnacceptableBody } from '../../http/json-body';
import { acceptable } from '../../http/params';
import { check } from '../../http/validation';
import type { Increment } from '../report/progress-coalescer';
import { CountsDto } from './counts.dto';

/** Progress to add to the counters of a task; at least one of them greater than 0. Other fields are ignored. */
export class IncrementDto extends CountsDto {
  /**
   * Validates an increment of task `id`.
   * @param attempt that the progress was made in.
   * @param raw the body as received; faults of other fields do not matter.
   * @throws {InvalidRequest} naming every fault.
   */
  static parse(id: string, attempt: number, raw: unknown): Increment {
    const body = raw instanceof UnacceptableBody && isObject(raw.value) ? raw.value : acceptable(raw);
    const { value, faults: fieldFaults } = check(IncrementDto, body);
    const faults = isObject(body) ? [...fieldFaults] : ['body: must be an object'];
    const { new_success: success, new_failures: failures } = value;
    if (faults.length === 0 && !success && !failures) {
      faults.push('new_success, new_failures: at least one must be greater than 0');
    }
    if (faults.length > 0) throw new InvalidRequest('The progress report is not valid', faults);
    return { id, attempt, success: success ?? 0, failures: failures ?? 0 };
  }
}

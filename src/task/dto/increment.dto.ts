import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { UnacceptableBody } from '../../http/json-body';
import { acceptable } from '../../http/params';
import { check } from '../../http/validation';
import type { Increment } from '../report/progress-coalescer';
import { CountsDto } from './counts.dto';

/** Progress of a task. Other fields are ignored here. */
export class IncrementDto extends CountsDto {
  /**
   * A checked increment of task `id`.
   * @param raw as it came: what is wrong with other fields does not matter.
   * @throws {InvalidRequest} naming every fault.
   */
  static parse(id: string, raw: unknown): Increment {
    const body = raw instanceof UnacceptableBody && isObject(raw.value) ? raw.value : acceptable(raw);
    const { value, faults: ofFields } = check(IncrementDto, body);
    const faults = isObject(body) ? [...ofFields] : ['body: must be an object'];
    const { new_success: success, new_failures: failures } = value;
    if (faults.length === 0 && !success && !failures) {
      faults.push('new_success, new_failures: at least one must be greater than 0');
    }
    if (faults.length > 0) throw new InvalidRequest('The progress report is not valid', faults);
    return { id, success: success ?? 0, failures: failures ?? 0 };
  }
}

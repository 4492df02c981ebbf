import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { UnacceptableBody } from '../../http/json-body';
import { acceptable } from '../../http/params';
import type { Dto } from '../../http/nested';
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
    const faults = isObject(body) ? IncrementDto.faultsOf(body) : ['body: must be an object'];
    if (faults.length > 0) throw new InvalidRequest('The progress report is not valid', faults);
    return IncrementDto.toIncrement(id, attempt, body as IncrementDto);
  }

  /**
   * Returns the faults of an increment, each naming its field.
   * @param dto its form.
   */
  static faultsOf(body: object, dto: Dto<CountsDto> = IncrementDto): string[] {
    const { value, faults: found } = check(dto, body);
    const faults = [...found];
    if (faults.length === 0 && !value.new_success && !value.new_failures)
      faults.push('new_success, new_failures: at least one must be greater than 0');
    return faults;
  }

  /** Returns an increment without faults as the service adds it. */
  static toIncrement(id: string, attempt: number, { new_success, new_failures }: CountsDto): Increment {
    return { id, attempt, success: new_success ?? 0, failures: new_failures ?? 0 };
  }
}

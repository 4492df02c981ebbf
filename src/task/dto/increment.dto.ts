import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { faultsOf, fill } from '../../http/validation';
import type { Increment } from '../counters/counter-lane';
import { MAX_INT } from './create-task.dto';

const COUNT = `must be between 0 and ${MAX_INT}`;

/** Progress of a task. Other fields are ignored here. */
export class IncrementDto {
  /** Items done since the last report; added to `success`. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 5 })
  @Max(MAX_INT, { message: COUNT })
  @Min(0, { message: COUNT })
  @IsInt({ message: 'must be an integer' })
  @IsOptional()
  new_success?: number;

  /** Items failed since the last report; added to `failures`. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 0 })
  @Max(MAX_INT, { message: COUNT })
  @Min(0, { message: COUNT })
  @IsInt({ message: 'must be an integer' })
  @IsOptional()
  new_failures?: number;

  /**
   * A checked increment of task `id`.
   * @throws {InvalidRequest} naming every fault.
   */
  static parse(id: string, body: unknown): Increment {
    const dto = fill(new IncrementDto(), body);
    const faults = isObject(body) ? [...faultsOf(dto)] : ['body: must be an object'];
    const { new_success: success, new_failures: failures } = dto;
    if (faults.length === 0 && !success && !failures) {
      faults.push('new_success, new_failures: at least one must be greater than 0');
    }
    if (faults.length > 0) throw new InvalidRequest('The progress report is not valid', faults);
    return { id, success: success ?? 0, failures: failures ?? 0 };
  }
}

import { Injectable } from '@nestjs/common';
import { Readers } from '../../database/readers';
import { taskNotFound } from '../../domain/errors';
import { AttemptDto } from '../dto/attempt.dto';
import { attemptsOf } from '../sql/attempts';

/** Reads the attempts at a task. */
@Injectable()
export class Attempts {
  constructor(private readonly readers: Readers) {}

  /**
   * Returns the attempts at a task, newest first, the current one included.
   * @throws {NotFound} when the task does not exist.
   */
  async of(id: string): Promise<AttemptDto[]> {
    const rows = await this.readers.run(attemptsOf, id);
    if (rows.length === 0) throw taskNotFound(id);
    return rows.map((row) => AttemptDto.from(row));
  }
}

import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsOptional, IsUUID } from 'class-validator';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { validated } from '../../http/validation';

/** The most tasks that a request can name. */
const MAX_NAMED = 10_000;

/** How far the rerun of a task reaches. */
export class RerunTaskDto {
  /** `true`: also reruns a task that succeeded, and all of its descendants. */
  @ApiProperty({ required: false, default: false })
  @IsBoolean({ message: 'must be true or false' })
  @IsOptional()
  downstream?: boolean;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(body: unknown): RerunTaskDto {
    return validated(RerunTaskDto, objectOf(body));
  }
}

/** Which tasks of a batch to rerun; without `task_ids`, all that failed or were canceled. */
export class RerunBatchDto {
  /** Only these tasks and their descendants that did not succeed; 1 to 10,000 ids of tasks of the batch. */
  @ApiProperty({ required: false, type: [String], format: 'uuid', maxItems: MAX_NAMED })
  @IsUUID('loose', { each: true, message: 'must be an array of UUIDs' })
  @ArrayMaxSize(MAX_NAMED, { message: `must have at most ${MAX_NAMED} ids` })
  @ArrayMinSize(1, { message: 'must have at least one id' })
  @IsArray({ message: 'must be an array of UUIDs' })
  @IsOptional()
  task_ids?: string[];

  /** `true`: also reruns named tasks that succeeded, and all descendants. Without `task_ids`: all of failed and canceled tasks. */
  @ApiProperty({ required: false, default: false })
  @IsBoolean({ message: 'must be true or false' })
  @IsOptional()
  downstream?: boolean;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(body: unknown): RerunBatchDto {
    return validated(RerunBatchDto, objectOf(body));
  }
}

/** A task that runs again. */
export class RerunTaskResultDto {
  /** Id of the task. */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** Number of the attempt that follows. */
  @ApiProperty({ type: 'integer', example: 2 })
  attempt: number;
}

/** The tasks that run again. */
export class RerunDto {
  /** Id of the batch. */
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  /** Tasks that run again, in order of creation. */
  @ApiProperty({ type: () => [RerunTaskResultDto] })
  tasks: RerunTaskResultDto[];
}

/** Returns the members of a body; without a body there are none. */
function objectOf(body: unknown): object {
  if (body === undefined) return {};
  if (isObject(body)) return body;
  throw new InvalidRequest('The request is not valid', ['body: must be an object']);
}

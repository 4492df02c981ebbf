import { ApiProperty } from '@nestjs/swagger';
import { TASK_STATUSES, type TaskStatus } from '../domain/task-status';

const NAMES = TASK_STATUSES.map((status) => status.toLowerCase());

/** Returns a count for every status, keyed in lower case, zeros included. */
export const statusCounts = (counts: Partial<Record<TaskStatus, number>>): Record<string, number> =>
  Object.fromEntries(TASK_STATUSES.map((status) => [status.toLowerCase(), counts[status] ?? 0]));

/** Describes a field that holds these counts in the OpenAPI document. */
export const ApiStatusCounts = () =>
  ApiProperty({
    type: 'object',
    properties: Object.fromEntries(NAMES.map((name) => [name, { type: 'integer' }])),
    additionalProperties: false,
    required: NAMES,
    selfRequired: true,
    example: Object.fromEntries(NAMES.map((name) => [name, name === 'success' ? 12 : 0])),
  });

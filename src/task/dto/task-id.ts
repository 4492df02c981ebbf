/** Describes the path parameter `id`. */
export const TASK_ID = {
  name: 'id',
  description: 'UUID of the task',
  schema: { type: 'string', format: 'uuid' },
} as const;

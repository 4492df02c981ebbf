/**
 * SQL: whether an earlier start call of a task has succeeded, so that its key must not be sent again. Only a task that
 * was claimed before (`start_calls` > 1) can have one.
 */
export const startSucceeded = (task: string): string => `${task}.start_calls > 1 AND EXISTS (
     SELECT FROM delivery v WHERE v.task_id = ${task}.id AND v.trigger = 'start' AND v.status = 'success')`;

/**
 * SQL: whether an earlier start call of the current attempt has succeeded, so that its key must not be sent again. Only an attempt
 * that was claimed before (`start_calls` > 1) can have one.
 */
export const startSucceeded = (task: string): string => `${task}.start_calls > 1 AND EXISTS (
     SELECT FROM delivery v WHERE v.task_id = ${task}.id AND v.attempt = ${task}.attempt AND v.trigger = 'start' AND v.status = 'success')`;

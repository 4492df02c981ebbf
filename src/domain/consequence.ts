/** The reason of a task that required a parent which did not succeed. */
export const parentDidNotSucceed = (parentId: string): string => `Parent task ${parentId} did not succeed`;

/** The reason of a task of whose children none can start any more. */
export const NO_CHILD_LEFT = 'All child tasks already terminated';

/** The reason of a task that a stop of its batch has canceled. */
export const BATCH_STOPPED = 'Batch stopped';

/** Matches these reasons, in PostgreSQL as in JavaScript: the end of the task is a consequence, and no root cause. */
export const CONSEQUENCE = `^(${parentDidNotSucceed('[0-9a-f-]{36}')}|${NO_CHILD_LEFT}|${BATCH_STOPPED})$`;

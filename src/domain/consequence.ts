// These reasons are also in the index `task_root_cause` and in the page (ui/src/task/reasons.ts).

/** The reason of a task that required a parent which did not succeed. */
export const parentDidNotSucceed = (parentId: string): string => `Parent task ${parentId} did not succeed`;

/** The reason of a task of whose children none can start any more. */
export const NO_CHILD_LEFT = 'All child tasks already terminated';

/** The reason of a task that a stop of its batch has canceled. */
export const BATCH_STOPPED = 'Batch stopped';

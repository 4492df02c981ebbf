/**
 * Whether a task counts as `Running` for rules and deduplication: it is `Claimed` or `Running`, or paused from one of
 * these. Such tasks are few. The index `task_active` holds just them, and serves queries that repeat its predicate.
 */
export const isActive = (task: string): string =>
  `(${task}.status IN ('Claimed', 'Running') OR ${task}.paused_from IN ('Claimed', 'Running'))`;

/**
 * Whether a task has the kind and status of the row `of`, where the status is not `Running`. The index `task_kind_status`
 * holds all such tasks, and serves queries that repeat its predicate.
 */
export const isInStatus = (task: string, of: string): string =>
  `${task}.kind = ${of}.kind AND ${task}.status = ${of}.status AND ${task}.status <> 'Running'`;

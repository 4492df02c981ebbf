import type { Action } from '../../domain/action';
import type { RetryPolicy } from '../../domain/retry';
import type { Rule } from '../../domain/rule';
import type { TaskStatus } from '../../domain/task-status';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';
import { insertKinds } from '../../rules/sql/kinds';

export interface NewBatch {
  id: string;
  scope: string | null;
  metadata: unknown;
  on_complete?: Action[];
  /** Unfinished tasks, counted down to 0; only kept where `on_complete` is given. */
  open_tasks: number;
  /** Trace of the request; absent if it had none. */
  trace?: TraceContext;
}

export interface NewTask {
  id: string;
  batch_id: string;
  batch_awaited: boolean;
  status: 'Waiting' | 'Pending';
  /** Id of the task in the request. */
  local_id: string;
  name: string;
  kind: string;
  priority: number;
  timeout_secs: number;
  /** Parents that the task waits for. */
  open_parents: number;
  expected_count: number | null;
  dead_end_barrier: boolean;
  /** Host of its start call (`Target.hostId`). */
  host_id: number;
  metadata: unknown;
  retry?: RetryPolicy;
  /** Time before which the task does not start, in ISO 8601. */
  run_at?: string;
  /** Seconds to wait once the task is free; greater than 0. */
  delay_secs?: number;
  rules?: Rule[];
  on_start: Action;
  on_success?: Action[];
  on_failure?: Action[];
  /** Trace of the request; absent if it had none. */
  trace?: TraceContext;
}

export interface NewLink {
  parent_id: string;
  child_id: string;
  requires_success: boolean;
}

/**
 * Creates whole requests in one statement: one round trip, all or nothing. One JSON parameter is parsed faster than an
 * array for every column, and keeps opaque parts as they are.
 */
export const createTasks = statement<[batches: string, tasks: string, links: string], { created_at: Date }>(
  'task-create',
  `WITH batches AS (
     INSERT INTO batch (id, scope, metadata, on_complete, open_tasks, trace)
     SELECT id, scope, metadata, on_complete, open_tasks, trace FROM json_to_recordset($1::json) AS r(
       id uuid, scope text, metadata jsonb, on_complete json, open_tasks int, trace json)
   ), input AS MATERIALIZED (
     SELECT * FROM json_to_recordset($2::json) AS r(
       id uuid, batch_id uuid, batch_awaited boolean, status task_status, name text, kind text, priority int,
       timeout_secs int, open_parents int, expected_count int, dead_end_barrier boolean, host_id int, run_at timestamptz,
       delay_secs int, local_id text, metadata jsonb, retry json, rules json, on_start json, on_success json,
       on_failure json, trace json)
   ), tasks AS (
     INSERT INTO task (id, batch_id, batch_awaited, status, kind, priority, timeout_secs, open_parents, expected_count,
                       dead_end_barrier, host_id, run_at, delay_secs, delayed)
     SELECT id, batch_id, batch_awaited, status, kind, priority, timeout_secs, open_parents, expected_count, dead_end_barrier,
            host_id,
            -- A task with parents is delayed when the last of them has ended.
            CASE WHEN delay_secs IS NULL THEN run_at WHEN status = 'Pending' THEN now() + make_interval(secs => delay_secs) END,
            CASE WHEN status = 'Waiting' THEN delay_secs END,
            status = 'Pending' AND (run_at IS NOT NULL OR delay_secs IS NOT NULL)
     FROM input
   ), definitions AS (
     INSERT INTO task_definition
       (id, batch_id, local_id, name, metadata, retry, rules, on_start, on_success, on_failure, trace)
     SELECT id, batch_id, local_id, name, metadata, retry, rules, on_start, on_success, on_failure, trace FROM input
   ), kinds AS (
     ${insertKinds(`SELECT m ->> 'kind' AS kind, bool_or(m ->> 'status' <> 'Running') AS other_states
     FROM input, json_array_elements(rules) r, json_extract_path(r, 'matcher') m
     WHERE rules IS NOT NULL
     GROUP BY 1`)}
   ), links AS (
     INSERT INTO link (parent_id, child_id, requires_success)
     SELECT parent_id, child_id, requires_success FROM json_to_recordset($3::json) AS r(
       parent_id uuid, child_id uuid, requires_success boolean)
   )
   SELECT now() AS created_at`,
);

/** Returns the statuses of new tasks, some of which may have failed or been released since the insert. */
export const findStatuses = statement<[ids: string[]], { id: string; status: TaskStatus }>(
  'task-find-statuses',
  'SELECT id, status FROM task WHERE id = ANY ($1::uuid[])',
);

import type { TaskStatus } from './types.ts';

/** What the service tells about a task and its parents, if the action has `context: true`. */
export interface Context<Metadata = unknown> {
  readonly task: {
    readonly id: string;
    readonly local_id: string | null;
    readonly batch_id: string;
    readonly name: string;
    readonly kind: string;
    readonly attempt: number;
    readonly metadata: Metadata;
    /** Result of the attempt; only in notifications. */
    readonly result?: unknown;
    /** Whether the result was left out, because the results exceed 1 MiB. */
    readonly result_omitted?: boolean;
  };
  /** The parents by local id; by id if another parent has the same local id. */
  readonly parents: Readonly<Record<string, Parent>>;
}

/** A parent of the task, which has ended. */
export interface Parent {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly status: TaskStatus;
  readonly failure_reason: string | null;
  /** What the parent's receiver reported as `result`; null without one. */
  readonly result: unknown;
  /** Whether the result was left out, because the results exceed 1 MiB. */
  readonly result_omitted?: boolean;
}

/** Returns the context in the body of a call about this task, if there is one. */
export function contextOf(body: unknown, taskId: string): Context | undefined {
  const { hookline } = (body ?? {}) as { hookline?: Context };
  return hookline?.task?.id === taskId ? hookline : undefined;
}

import { Injectable, Logger } from '@nestjs/common';
import type { Coalescer } from '../database/coalescer';
import { Coalescers } from '../database/coalescers';
import { Database } from '../database/database';
import type { Action, WebhookParams } from '../domain/action';
import { JsonText } from '../domain/exact-number';
import { isObject } from '../domain/json';
import { persist } from '../loops/persist';
import { Worker } from '../loops/worker';
import { callContexts } from './sql/call-context';

// A context has up to 1 MiB of results and descriptions of many parents.
const MAX_ITEMS = 50;

/** The task that a call is about. */
interface Subject {
  taskId: string;
  /** The attempt at the task. */
  attempt: number;
  /** Number of the start call; absent for notifications. */
  startCalls?: number;
}

/** Adds the member `hookline` to the bodies of calls whose actions have `context: true`. */
@Injectable()
export class CallContext {
  private readonly logger = new Logger('Context');
  private readonly contexts: Coalescer<Subject, string | undefined>;

  constructor(
    private readonly database: Database,
    private readonly worker: Worker,
    coalescers: Coalescers,
  ) {
    this.contexts = coalescers.create('contexts', (subjects) => this.read(subjects), { maxItems: MAX_ITEMS });
  }

  /**
   * Returns the params of a call whose action has `context`. While the database is away, it waits.
   * @param givenUp asked before each repetition; true ends the wait
   * @returns null if the call must not be made: given up, its claim was lost, or its task has been removed
   */
  async paramsOf(action: Action, subject: Subject, givenUp: () => boolean): Promise<WebhookParams | null> {
    try {
      const context = await persist(() => this.contexts.add(subject), givenUp);
      return context === undefined ? null : withContext(action.params, context);
    } catch (error) {
      this.logger.error('The context of a call could not be read', { task_id: subject.taskId, error: String(error) });
      return null;
    }
  }

  private async read(subjects: readonly Subject[]): Promise<(string | undefined)[]> {
    const rows = await this.database.run(
      callContexts,
      subjects.map(({ taskId }) => taskId),
      subjects.map(({ attempt }) => attempt),
      subjects.map(({ startCalls }) => startCalls ?? null),
      this.worker.id,
    );
    const contexts = new Map(rows.map(({ position, context }) => [position, context]));
    return subjects.map((_, i) => contexts.get(i + 1));
  }
}

function withContext(params: WebhookParams, context: string): WebhookParams {
  const body = isObject(params.body) ? params.body : {};
  return { ...params, body: { ...body, hookline: new JsonText(context) } };
}

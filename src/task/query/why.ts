import { Injectable } from '@nestjs/common';
import { Readers } from '../../database/readers';
import { idempotencyKey, type Notice } from '../../domain/action';
import { NotFound } from '../../domain/errors';
import type { TaskStatus } from '../../domain/task-status';
import { Worker } from '../../loops/worker';
import { Explain } from '../../rules/explain';
import { waitingNotifications } from '../../webhook/sql/waiting';
import type { ReasonDto, WhyDto } from '../dto/why.dto';
import { openParents, placeInQueue, whyTask, type WhyRow } from '../sql/why';

const NAMED_AT_MOST = 100;
/** Further back in the queue, the exact place says nothing more and costs more to find. */
const PLACES_LOOKED_AT = 1000;
const NOTICES: readonly Notice[] = ['end:success', 'end:failure', 'cancel'];
/** Of each notice; hardly any task has more. */
const ACTIONS_LOOKED_AT = 20;

/** Says why a task is not running, as things are now. */
@Injectable()
export class Why {
  constructor(
    private readonly readers: Readers,
    private readonly rules: Explain,
    private readonly worker: Worker,
  ) {}

  /** @throws {NotFound} */
  async of(id: string): Promise<WhyDto> {
    const [task] = await this.readers.run(whyTask, id);
    if (!task) throw new NotFound(`There is no task ${id}`);
    const reasons = await this.reasons(task.paused_from ?? task.status, task);
    if (task.paused_from) {
      reasons.unshift(reason('paused', `It was paused as ${task.paused_from}, and waits to be resumed`));
    }
    return { id, status: task.status, summary: reasons.map(({ text }) => `${text}.`).join(' '), reasons };
  }

  private async reasons(status: TaskStatus, task: WhyRow): Promise<ReasonDto[]> {
    switch (status) {
      case 'Waiting':
        return this.parents(task.id);
      case 'Pending':
        return this.queue(task);
      case 'Claimed':
        return [reason('starting', `Its on_start is being called since ${timeOf(task.claimed_at)}`)];
      case 'Running':
        return [
          reason(
            'running',
            `A receiver works on it since ${timeOf(task.started_at)} and was last heard of at ${timeOf(task.last_updated)}`,
          ),
        ];
      default: {
        const because = task.failure_reason === null ? '' : `: ${task.failure_reason}`;
        const ended = reason('ended', `It ended as ${status} at ${timeOf(task.ended_at)}${because}`);
        return [ended, ...(await this.notifications(task.id))];
      }
    }
  }

  private async parents(id: string): Promise<ReasonDto[]> {
    const parents = await this.readers.run(openParents, id, NAMED_AT_MOST);
    // The last one may have ended between the two questions.
    const all = parents.at(0)?.all ?? 0;
    const text = `It waits for ${all} unfinished parent${all === 1 ? '' : 's'}`;
    return [reason('parents', text, parents)];
  }

  /** Of a task that has ended, what its receivers have not been told because of what their hosts answered. */
  private async notifications(id: string): Promise<ReasonDto[]> {
    const keys = NOTICES.flatMap((notice) =>
      Array.from({ length: ACTIONS_LOOKED_AT }, (_, position) => idempotencyKey(id, notice, position)),
    );
    const waiting = await this.readers.run(waitingNotifications, keys);
    return waiting.map(({ key, until, because }) =>
      reason('notification', `The notification ${key} will be sent at ${timeOf(until)}: ${because}`),
    );
  }

  private async queue({ id, kind, metadata, remaining, rules }: WhyRow): Promise<ReasonDto[]> {
    const [blockingRules, places, starters] = await Promise.all([
      this.rules.blockingRulesOf({ id, kind, metadata, remaining, rules: rules ?? [] }, NAMED_AT_MOST),
      this.readers.run(placeInQueue, id, PLACES_LOOKED_AT),
      this.worker.countStarters(this.readers),
    ]);
    const reasons = blockingRules.map(({ text, holders }) => reason('rule', text, holders));
    if (starters === 0) reasons.unshift(reason('no_worker', 'No process is there that starts tasks'));
    if (reasons.length > 0) return reasons;
    const before = places.map(({ place }) => `: ${place - 1} come before it`).join('');
    return [reason('order', `It may start when its turn comes${before}`)];
  }
}

const reason = (type: ReasonDto['type'], text: string, tasks: ReasonDto['tasks'] = []): ReasonDto => ({
  type,
  text,
  tasks: tasks.map(({ id, name, status }) => ({ id, name, status })),
});

const timeOf = (time: Date | null): string => time?.toISOString() ?? 'an unknown time';

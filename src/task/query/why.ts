import { Injectable } from '@nestjs/common';
import { Readers } from '../../database/readers';
import type { Notice } from '../../domain/action';
import { taskNotFound } from '../../domain/errors';
import { inWords } from '../../domain/duration';
import type { TaskStatus } from '../../domain/task-status';
import { Worker } from '../../loops/worker';
import { Explain } from '../../rules/explain';
import { callKey } from '../../webhook/call-key';
import { delayedNotifications } from '../../webhook/sql/delayed';
import type { ReasonDto, WhyDto } from '../dto/why.dto';
import { openParents, positionInQueue, whyTask, type WhyRow } from '../sql/why';

const MAX_NAMED = 100;
/** Further back in the queue, the exact position says no more and costs more to find. */
const MAX_POSITION = 1000;
const NOTICES: readonly Notice[] = ['end:success', 'end:failure', 'cancel'];
/** Actions of each notice that are looked up; hardly any task has more. */
const MAX_ACTIONS = 20;

/** Explains why a task is not running at the moment. */
@Injectable()
export class Why {
  constructor(
    private readonly readers: Readers,
    private readonly rules: Explain,
    private readonly worker: Worker,
  ) {}

  /** @throws {NotFound} when the task does not exist. */
  async of(id: string): Promise<WhyDto> {
    const [task] = await this.readers.run(whyTask, id);
    if (!task) throw taskNotFound(id);
    const reasons = await this.reasons(task.paused_from ?? task.status, task);
    if (task.paused_from) {
      reasons.unshift(reason('paused', `Paused while ${task.paused_from}; resume it to continue`));
    }
    return { id, status: task.status, summary: reasons.map(({ text }) => `${text}.`).join(' '), reasons };
  }

  private async reasons(status: TaskStatus, task: WhyRow): Promise<ReasonDto[]> {
    switch (status) {
      case 'Waiting':
        return [...(await this.parents(task.id)), ...later(task)];
      case 'Pending':
        return waits(task) ?? this.queue(task);
      case 'Claimed':
        return [reason('starting', `on_start has been in flight since ${timeOf(task.claimed_at)}`)];
      case 'Running':
        return [
          reason('running', `Running since ${timeOf(task.started_at)}; last report at ${timeOf(task.last_updated)}`),
        ];
      default: {
        const because = task.failure_reason === null ? '' : `: ${task.failure_reason}`;
        const ended = reason('ended', `Ended as ${status} at ${timeOf(task.ended_at)}${because}`);
        return [ended, ...(await this.notifications(task))];
      }
    }
  }

  private async parents(id: string): Promise<ReasonDto[]> {
    const parents = await this.readers.run(openParents, id, MAX_NAMED);
    // The last one may have ended since the task was read.
    const all = parents.at(0)?.all ?? 0;
    const text = `Waits for ${all} unfinished parent${all === 1 ? '' : 's'}`;
    return [reason('parents', text, parents)];
  }

  /** Returns the notifications of an ended task that wait because of an answer of their host. */
  private async notifications({ id, attempt }: WhyRow): Promise<ReasonDto[]> {
    const keys = NOTICES.flatMap((notice) =>
      Array.from({ length: MAX_ACTIONS }, (_, position) => callKey(id, notice, attempt, position)),
    );
    const delayed = await this.readers.run(delayedNotifications, keys);
    return delayed.map(({ key, until, because }) =>
      reason('notification', `Notification ${key} will be sent at ${timeOf(until)}: ${because}`),
    );
  }

  private async queue({ id, kind, metadata, remaining, rules }: WhyRow): Promise<ReasonDto[]> {
    const [blockingRules, [queued], starters] = await Promise.all([
      this.rules.blockingRulesOf({ id, kind, metadata, remaining, rules: rules ?? [] }, MAX_NAMED),
      this.readers.run(positionInQueue, id, MAX_POSITION),
      this.worker.countStarters(this.readers),
    ]);
    const reasons = blockingRules.map(({ text, tasks }) => reason('rule', text, tasks));
    if (starters === 0) reasons.unshift(reason('no_worker', 'No worker is online (`WORKER_ENABLED=1`)'));
    if (reasons.length > 0) return reasons;
    return [reason('order', describePosition(queued?.position))];
  }
}

/** Returns what a delayed task waits for; undefined if that is over, or the task is not delayed. */
function waits({ attempt, max_attempts, run_at, delayed, is_early, awaits_cancel }: WhyRow): ReasonDto[] | undefined {
  if (!delayed) return undefined;
  if (is_early) {
    // A rerun may be an attempt that no policy foresees.
    const isRetry = attempt > 1 && max_attempts !== null && attempt <= max_attempts;
    const text = isRetry ? `Waits for attempt ${attempt} of ${max_attempts} at` : 'Waits until';
    return [reason('time', `${text} ${timeOf(run_at)}`)];
  }
  return awaits_cancel ? [reason('time', `Waits for the cancel call of attempt ${attempt - 1}`)] : undefined;
}

/** Returns what a task waits for when its parents have ended. */
function later({ run_at, delay_secs, is_early }: WhyRow): ReasonDto[] {
  if (delay_secs !== null) return [reason('time', `Then waits another ${inWords(delay_secs)}`)];
  return is_early ? [reason('time', `Does not start before ${timeOf(run_at)}`)] : [];
}

/** @param position in the queue, from 1; undefined when it is far behind or not in the queue at this moment. */
function describePosition(position: number | undefined): string {
  if (position === undefined) return 'Ready to start when its turn comes';
  if (position === 1) return 'Ready to start: next in the queue';
  return `Ready to start: ${position - 1} ${position === 2 ? 'task is' : 'tasks are'} ahead of it`;
}

const reason = (type: ReasonDto['type'], text: string, tasks: ReasonDto['tasks'] = []): ReasonDto => ({
  type,
  text,
  tasks: tasks.map(({ id, name, status }) => ({ id, name, status })),
});

const timeOf = (time: Date | null): string => time?.toISOString() ?? 'an unknown time';

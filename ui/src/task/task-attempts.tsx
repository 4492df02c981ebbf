import type { Attempt, Task } from '../api/types';
import { ErrorNotice } from '../parts/notice';
import { StatusBadge } from '../parts/status';
import { Duration, Time } from '../parts/time';
import { useGet } from '../state/queries';
import { describePolicy } from './retry-policy';

/** Returns `Attempt 3 of 5`; undefined for a task that has a single attempt. */
export function attemptOf({ attempt, retry }: Pick<Task, 'attempt' | 'retry'>): string | undefined {
  const max = retry?.max_attempts ?? 1;
  if (attempt === 1 && max === 1) return undefined;
  return max > attempt || attempt === max ? `Attempt ${attempt} of ${max}` : `Attempt ${attempt}`;
}

/** Shows the retry policy and the attempts at a task, newest first. Shows nothing for a task with a single attempt. */
export function TaskAttempts({ task }: { task: Task }) {
  const isShown = task.attempt > 1 || task.retry !== null;
  const path = isShown ? `/task/${task.id}/attempts` : null;
  const { data, error, refetch } = useGet<Attempt[]>(path, { version: `${task.status} ${task.attempt}` });
  if (!isShown) return null;
  return (
    <section aria-label="Attempts">
      <h3>Attempts</h3>
      {task.retry && <p>{describePolicy(task.retry)}</p>}
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <ol className="attempts">
        {data?.map((attempt) => (
          <AttemptItem key={attempt.attempt} one={attempt} />
        ))}
      </ol>
    </section>
  );
}

function AttemptItem({ one }: { one: Attempt }) {
  const { attempt, status, started_at, ended_at, failure_reason, success, failures } = one;
  return (
    <li>
      <span className="attempt-number">
        <span className="hidden">Attempt </span>
        {attempt}
      </span>
      <StatusBadge status={status} />
      <div>
        {started_at === null ? (
          <span className="quiet">not started</span>
        ) : (
          <span className="attempt-times">
            <Time of={started_at} />
            <span>
              <Duration from={started_at} to={ended_at} />
            </span>
          </span>
        )}
        {success + failures > 0 && (
          <div>
            {success} done, {failures} failed
          </div>
        )}
        {failure_reason !== null && <div className="attempt-reason">{failure_reason}</div>}
      </div>
    </li>
  );
}

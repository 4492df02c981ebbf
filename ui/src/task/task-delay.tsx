import type { ReactNode } from 'react';
import type { TaskSummary } from '../api/types';
import { exactly, untilOf, useClock } from '../parts/time';

interface TaskDelayProps {
  task: TaskSummary;
  /** What the time is about; it is shown in front of the time. */
  what: ReactNode;
  /** Shown if the task does not wait for a time. */
  otherwise?: ReactNode;
}

/** Shows how long it is until a task, or its next attempt, may start. */
export function TaskDelay({ task: { status, run_at, attempt }, what, otherwise }: TaskDelayProps) {
  if (status !== 'Pending' || run_at === null) return otherwise;
  return <Delay runAt={run_at} attempt={attempt} what={what} otherwise={otherwise} />;
}

type DelayProps = Omit<TaskDelayProps, 'task'> & { runAt: string; attempt: number };

function Delay({ runAt, attempt, what, otherwise }: DelayProps) {
  const time = Date.parse(runAt);
  const until = useClock((now) => untilOf(time - now));
  if (until === undefined) return otherwise;
  return (
    <time
      className="delay"
      dateTime={runAt}
      title={`${attempt > 1 ? `Attempt ${attempt} starts` : 'Starts'} at ${exactly(runAt)}`}
    >
      {what} {until}
    </time>
  );
}

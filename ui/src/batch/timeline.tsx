import { type CSSProperties, useMemo } from 'react';
import { hasEnded, type TaskSummary } from '../api/types';
import { EmptyNotice } from '../parts/notice';
import { Pager } from '../parts/pager';
import { StatusSign, statusInWords } from '../parts/status';
import { durationOf, useNow } from '../parts/time';
import { usePage } from '../state/router';

import { TaskFilter } from '../task/task-filter';
import type { TaskListProps } from './task-table';

const PAGE_SIZE = 100;
const TICKS = 5;
const ms = (time: string | null): number | null => (time === null ? null : Date.parse(time));

/** Shows when each task waited and ran, from the first creation to the last end, or to now. */
export function Timeline({ tasks, found, selectedId, onSelect }: TaskListProps) {
  const now = useNow();
  const { from, to } = useMemo(() => spanOf(tasks, now), [tasks, now]);
  const sorted = useMemo(() => found.toSorted(byBegin), [found]);
  const last = Math.max(0, Math.ceil(sorted.length / PAGE_SIZE) - 1);
  const shown = Math.min(usePage(), last);
  return (
    <>
      <TaskFilter tasks={tasks} found={found.length} />
      {sorted.length === 0 ? (
        <EmptyNotice title="No matching tasks" />
      ) : (
        <div className="timeline">
          <div className="timeline-axis" aria-hidden="true">
            {Array.from({ length: TICKS }, (_, tick) => (
              <span key={tick}>{durationOf(((to - from) * tick) / (TICKS - 1))}</span>
            ))}
          </div>
          <ol>
            {sorted.slice(shown * PAGE_SIZE, (shown + 1) * PAGE_SIZE).map((task) => (
              <TimelineRow
                key={task.id}
                task={task}
                from={from}
                to={to}
                isSelected={task.id === selectedId}
                onSelect={onSelect}
              />
            ))}
          </ol>
        </div>
      )}
      <Pager page={shown} hasNext={shown < last} of={` of ${last + 1}`} />
    </>
  );
}

interface TimelineRowProps {
  task: TaskSummary;
  /** Begin and end of the axis in ms. */
  from: number;
  to: number;
  isSelected: boolean;
  onSelect: (id: string) => void;
}

function TimelineRow({ task, from, to, isSelected, onSelect }: TimelineRowProps) {
  const created = ms(task.created_at)!;
  const end = ms(task.ended_at) ?? to;
  const start = ms(task.started_at) ?? end;
  const part = (begin: number, finish: number): CSSProperties => ({
    left: `${((begin - from) / (to - from)) * 100}%`,
    width: `${(Math.max(0, finish - begin) / (to - from)) * 100}%`,
  });
  const ran = task.started_at === null ? 'not started' : `ran ${durationOf(end - start)}`;
  const words = `${statusInWords(task)}: waited ${durationOf(start - created)}, ${ran}`;
  return (
    <li className={isSelected ? 'selected' : undefined}>
      <button type="button" className="plain" onClick={() => onSelect(task.id)}>
        <StatusSign status={task.status} />
        {task.name}
      </button>
      <div className="timeline-track" role="img" aria-label={words} title={words}>
        <span className="timeline-wait" style={part(created, start)} />
        {task.started_at !== null && <span className={`timeline-run s-${task.status}`} style={part(start, end)} />}
      </div>
    </li>
  );
}

const NEVER = Number.MAX_SAFE_INTEGER;
const byBegin = (a: TaskSummary, b: TaskSummary): number =>
  (ms(a.started_at) ?? NEVER) - (ms(b.started_at) ?? NEVER) || (ms(a.ended_at) ?? NEVER) - (ms(b.ended_at) ?? NEVER);

function spanOf(tasks: readonly TaskSummary[], now: number): { from: number; to: number } {
  let from = now;
  let to = 0;
  for (const { created_at, ended_at, status } of tasks) {
    from = Math.min(from, ms(created_at)!);
    to = Math.max(to, hasEnded(status) ? ms(ended_at)! : now);
  }
  return { from, to: Math.max(to, from + 1) };
}

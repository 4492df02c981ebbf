import type { Node, NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { StatusCounts, TaskSummary } from '../api/types';
import { StatusBar, statusInWords, StatusSign } from '../parts/status';
import { TaskDelay } from '../task/task-delay';
import type { Group } from './fold';

/** A type alias, not an interface: React Flow requires an index signature. */
type Emphasis = {
  isSelected: boolean;
  /** Whether the search found it; undefined without a search. */
  isFound: boolean | undefined;
};

type TaskNode = Node<Emphasis & { task: TaskSummary }, 'task'>;
type GroupNode = Node<
  Emphasis & { group: Group; counts: StatusCounts; isOpen: boolean; onToggle: (id: string) => void },
  'fold'
>;
export type GraphNode = TaskNode | GroupNode;

const looks = ({ isSelected, isFound }: Emphasis): string =>
  `${isSelected ? ' selected' : ''}${isFound === undefined ? '' : isFound ? ' found' : ' dimmed'}`;

/** Returns the share of items processed, for the line at the bottom of the box. */
function shareOf({ success, failures, expected_count }: TaskSummary): number | undefined {
  return expected_count ? Math.min(1, (success + failures) / expected_count) : undefined;
}

export const TaskBox = memo(function TaskBox({ data }: NodeProps<TaskNode>) {
  const { task } = data;
  const share = shareOf(task);
  return (
    <div className={`node s-${task.status}${looks(data)}`} title={`${task.name}: ${statusInWords(task)}`}>
      <StatusSign status={task.status} />
      <span className="node-name">{task.name}</span>
      <span className="node-kind">{task.kind}</span>
      <TaskDelay task={task} what={<span aria-hidden="true">{task.attempt > 1 ? '↻' : '◷'}</span>} />
      {share !== undefined && <span className="node-share" style={{ width: `${share * 100}%` }} />}
    </div>
  );
});

export const GroupBox = memo(function GroupBox({ data }: NodeProps<GroupNode>) {
  const { group, counts, isOpen, onToggle } = data;
  return (
    <div className={`node-group${isOpen ? ' open' : ''}${looks(data)}`}>
      <button
        type="button"
        className="node-toggle nopan"
        aria-expanded={isOpen}
        onClick={(event) => {
          event.stopPropagation();
          onToggle(group.id);
        }}
      >
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {group.members.length} × {group.kind}
      </button>
      <StatusBar counts={counts} />
    </div>
  );
});

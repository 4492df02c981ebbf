import type { TaskSummary } from '../api/types';
import { countTasks, statusInWords } from '../parts/status';
import { cellOf, TASK_SIZE } from './boxes';
import type { Group } from './fold';
import type { GraphNode } from './nodes';
import type { Layout, PlacedBox } from './use-layout';

interface View {
  tasks: ReadonlyMap<string, TaskSummary>;
  selectedId: string | undefined;
  /** Tasks found by the search; undefined without a search. */
  found: ReadonlySet<string> | undefined;
  onToggle: (groupId: string) => void;
}

/** Sets sizes in advance, so that React Flow does not measure nodes before it shows them. */
const sized = <T extends { width: number; height: number }>({ width, height }: T) => ({
  width,
  height,
  measured: { width, height },
});

function taskNode(task: TaskSummary, place: PlacedBox, view: View): GraphNode {
  return {
    id: task.id,
    type: 'task',
    position: { x: place.x, y: place.y },
    ...sized(place),
    ariaLabel: `${task.name}, ${task.kind}, ${statusInWords(task)}`,
    data: { task, isSelected: task.id === view.selectedId, isFound: view.found?.has(task.id) },
  };
}

function groupNodes(box: PlacedBox, group: Group, isOpen: boolean, view: View): GraphNode[] {
  const members = group.members.flatMap((id) => view.tasks.get(id) ?? []);
  const counts = countTasks(members);
  const node: GraphNode = {
    id: box.id,
    type: 'fold',
    position: { x: box.x, y: box.y },
    ...sized(box),
    focusable: false,
    data: {
      group,
      counts,
      isOpen,
      onToggle: view.onToggle,
      isSelected: !isOpen && group.members.includes(view.selectedId ?? ''),
      isFound: isOpen ? undefined : view.found && group.members.some((id) => view.found?.has(id)),
    },
  };
  if (!isOpen) return [node];
  const cells = members.map((task, i) => {
    const place = { id: task.id, ...TASK_SIZE, ...cellOf(i, members.length) };
    return { ...taskNode(task, place, view), parentId: box.id };
  });
  return [node, ...cells];
}

/** Returns a node for each box, and for each member of an unfolded group. */
export const nodesOf = (layout: Layout, view: View): GraphNode[] =>
  layout.boxes.flatMap((box) => {
    const group = layout.folding.groups.get(box.id);
    if (group) return groupNodes(box, group, layout.unfolded.has(box.id), view);
    const task = view.tasks.get(box.id);
    return task ? [taskNode(task, box, view)] : [];
  });

/** Keeps unchanged nodes as the same objects, so that they are not drawn again. */
export function nodeKeeper(): (nodes: readonly GraphNode[]) => GraphNode[] {
  let before = new Map<string, GraphNode>();
  return (nodes) => {
    const kept = nodes.map((node) => {
      const old = before.get(node.id);
      return old && isSame(old, node) ? old : node;
    });
    before = new Map(kept.map((node) => [node.id, node]));
    return kept;
  };
}

function isSame(a: GraphNode, b: GraphNode): boolean {
  return (
    a.position.x === b.position.x &&
    a.position.y === b.position.y &&
    a.width === b.width &&
    a.height === b.height &&
    hasSameData(a.data, b.data)
  );
}

function hasSameData(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return Object.keys(b).every((key) =>
    key === 'counts' ? JSON.stringify(a[key]) === JSON.stringify(b[key]) : a[key] === b[key],
  );
}

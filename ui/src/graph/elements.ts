import { type Edge, type NodeHandle, Position } from '@xyflow/react';
import type { Task } from '../api/types';
import { countTasks } from '../parts/status';
import { cellOf, TASK_SIZE } from './boxes';
import type { Folding } from './fold';
import type { Direction } from './layout';
import type { GraphNode } from './nodes';
import type { Layout, PlacedBox } from './use-layout';

interface View {
  tasks: ReadonlyMap<string, Task>;
  folding: Folding;
  selectedId: string | undefined;
  /** What the search found; undefined when nothing is searched for. */
  found: ReadonlySet<string> | undefined;
  onToggle: (groupId: string) => void;
}

/** Where arrows begin and end. Said beforehand, so that nothing has to be measured: the sizes are known. */
function handlesOf({ width, height }: { width: number; height: number }, direction: Direction): NodeHandle[] {
  const isAcross = direction === 'LR';
  const point = { width: 1, height: 1 };
  const middle = isAcross ? { y: height / 2 } : { x: width / 2 };
  return [
    { type: 'target', position: isAcross ? Position.Left : Position.Top, x: 0, y: 0, ...middle, ...point },
    isAcross
      ? { type: 'source', position: Position.Right, x: width, y: height / 2, ...point }
      : { type: 'source', position: Position.Bottom, x: width / 2, y: height, ...point },
  ];
}

const sized = <T extends { width: number; height: number }>({ width, height }: T) => ({
  width,
  height,
  measured: { width, height },
});

function taskNode(task: Task, place: PlacedBox, view: View, direction: Direction): GraphNode {
  return {
    id: task.id,
    type: 'task',
    position: { x: place.x, y: place.y },
    ...sized(place),
    handles: handlesOf(place, direction),
    ariaLabel: `${task.name}, ${task.kind}, ${task.status}`,
    data: { task, isSelected: task.id === view.selectedId, isFound: view.found?.has(task.id) },
  };
}

function groupNodes(box: PlacedBox, view: View, { direction, unfolded }: Layout): GraphNode[] {
  const group = view.folding.groups.get(box.id)!;
  const isOpen = unfolded.has(box.id);
  const members = group.members.flatMap((id) => view.tasks.get(id) ?? []);
  const counts = countTasks(members);
  const node: GraphNode = {
    id: box.id,
    type: 'group',
    position: { x: box.x, y: box.y },
    ...sized(box),
    handles: handlesOf(box, direction),
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
    return { ...taskNode(task, place, view, direction), parentId: box.id };
  });
  return [node, ...cells];
}

/** What is drawn: a node for each box, and for each member of an unfolded group. */
export const nodesOf = (layout: Layout, view: View): GraphNode[] =>
  layout.boxes.flatMap((box) => {
    if (view.folding.groups.has(box.id)) return groupNodes(box, view, layout);
    const task = view.tasks.get(box.id);
    return task ? [taskNode(task, box, view, layout.direction)] : [];
  });

export function edgesOf({ arrows }: Layout, folding: Folding, selectedId: string | undefined): Edge[] {
  const selected = selectedId === undefined ? undefined : (folding.groupOf.get(selectedId) ?? selectedId);
  return arrows.map(({ id, from, to, isRequired }) => ({
    id,
    source: from,
    target: to,
    type: 'link',
    className: `${isRequired ? 'required' : 'optional'}${from === selected || to === selected ? ' touched' : ''}`,
  }));
}

/** Makes nodes that look as before stay the same objects, so that nothing of them is drawn anew. */
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
    a.handles?.[0]?.position === b.handles?.[0]?.position &&
    hasSameData(a.data, b.data)
  );
}

function hasSameData(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return Object.keys(b).every((key) =>
    key === 'counts' ? JSON.stringify(a[key]) === JSON.stringify(b[key]) : a[key] === b[key],
  );
}

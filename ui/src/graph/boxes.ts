import type { Structure } from '../state/live-graph';
import type { Folding, Group } from './fold';

/** An item of the layout: a task, a folded group, or an unfolded group with its members. */
export interface Box {
  id: string;
  width: number;
  height: number;
}

/** An arrow between boxes, for all links between their tasks. */
export interface Arrow {
  id: string;
  from: string;
  to: string;
  isRequired: boolean;
}

export const TASK_SIZE = { width: 208, height: 48 } as const;
const GROUP_SIZE = { width: 232, height: 72 } as const;
/** Inside an unfolded group. */
const GAP = 10;
const HEADER = 40;
/** Groups are wider than high, like screens. */
const ASPECT = 1.8;

const columnsOf = (count: number): number =>
  Math.max(1, Math.round(Math.sqrt((count * ASPECT * (TASK_SIZE.height + GAP)) / (TASK_SIZE.width + GAP))));

/** Returns the position of a member in an unfolded group: in rows, in order of creation. */
export function cellOf(index: number, count: number): { x: number; y: number } {
  const columns = columnsOf(count);
  return {
    x: GAP + (index % columns) * (TASK_SIZE.width + GAP),
    y: HEADER + Math.floor(index / columns) * (TASK_SIZE.height + GAP),
  };
}

function unfoldedSize({ members: { length } }: Group): { width: number; height: number } {
  const columns = columnsOf(length);
  return {
    width: GAP + columns * (TASK_SIZE.width + GAP),
    height: HEADER + Math.ceil(length / columns) * (TASK_SIZE.height + GAP),
  };
}

export function boxesOf({ nodes, links }: Structure, { groups, groupOf }: Folding, unfolded: ReadonlySet<string>) {
  const boxes = new Map<string, Box>();
  for (const { id } of nodes) {
    const group = groups.get(groupOf.get(id) ?? '');
    if (!group) boxes.set(id, { id, ...TASK_SIZE });
    else if (!boxes.has(group.id))
      boxes.set(group.id, { id: group.id, ...(unfolded.has(group.id) ? unfoldedSize(group) : GROUP_SIZE) });
  }
  const arrows = new Map<string, Arrow>();
  for (const { parent_id, child_id, requires_success } of links) {
    const from = groupOf.get(parent_id) ?? parent_id;
    const to = groupOf.get(child_id) ?? child_id;
    // With deduplication, a parent may be in another batch.
    if (!boxes.has(from) || !boxes.has(to)) continue;
    const id = `${from}>${to}`;
    const before = arrows.get(id);
    if (before) before.isRequired ||= requires_success;
    else arrows.set(id, { id, from, to, isRequired: requires_success });
  }
  return { boxes: [...boxes.values()], arrows: [...arrows.values()] };
}

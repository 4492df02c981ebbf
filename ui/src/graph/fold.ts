import type { Structure } from '../state/live-graph';

/** Tasks with the same kind, parents and children. */
export interface Group {
  id: string;
  kind: string;
  members: readonly string[];
}

export interface Folding {
  groups: ReadonlyMap<string, Group>;
  /** Group ids by task id, for tasks in a group. */
  groupOf: ReadonlyMap<string, string>;
}

/**
 * Finds groups of equal siblings, as in a fan-out to many tasks.
 * @param maxUnfolded groups up to this size are not folded.
 */
export function foldSiblings({ nodes, links }: Structure, maxUnfolded: number): Folding {
  const parents = new Map<string, string[]>();
  const children = new Map<string, string[]>();
  const add = (to: Map<string, string[]>, id: string, other: string) => {
    const list = to.get(id);
    if (list) list.push(other);
    else to.set(id, [other]);
  };
  for (const { parent_id, child_id, requires_success } of links) {
    const mark = requires_success ? '!' : '?';
    add(parents, child_id, parent_id + mark);
    add(children, parent_id, child_id + mark);
  }
  const partOf = (id: string, kind: string) =>
    JSON.stringify([kind, parents.get(id)?.sort() ?? [], children.get(id)?.sort() ?? []]);

  const byPart = new Map<string, { kind: string; members: string[] }>();
  for (const { id, kind } of nodes) {
    const part = partOf(id, kind);
    const alike = byPart.get(part);
    if (alike) alike.members.push(id);
    else byPart.set(part, { kind, members: [id] });
  }
  const groups = new Map<string, Group>();
  const groupOf = new Map<string, string>();
  for (const { kind, members } of byPart.values()) {
    if (members.length <= maxUnfolded) continue;
    const id = `group:${members[0]}`;
    groups.set(id, { id, kind, members });
    for (const member of members) groupOf.set(member, id);
  }
  return { groups, groupOf };
}

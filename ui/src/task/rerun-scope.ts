import type { Link, TaskSummary } from '../api/types';

export const isUnsuccessful = (task: TaskSummary | undefined): boolean =>
  task?.status === 'Failure' || task?.status === 'Canceled';

/** The descendants that would run again with a task. */
interface RerunScope {
  unsuccessful: number;
  /** With `downstream`, those that succeeded too. */
  downstream: number;
}

/** Returns what the service would rerun with a task, as far as the page knows. */
export function rerunScope(id: string, tasks: ReadonlyMap<string, TaskSummary>, links: readonly Link[]): RerunScope {
  const parents = groupBy(links, 'child_id');
  const children = groupBy(links, 'parent_id');
  const childrenOf = (parent: string) => (children.get(parent) ?? []).map(({ child_id }) => child_id);
  const family = new Set([id]);
  for (const member of family) childrenOf(member).forEach((child) => family.add(child));

  const count = (isChosen: (task: TaskSummary | undefined) => boolean): number => {
    const again = new Set([...family].filter((member) => member === id || isChosen(tasks.get(member))));
    const lacksParent = (member: string) =>
      parents
        .get(member)
        ?.some(
          (link) => link.requires_success && isUnsuccessful(tasks.get(link.parent_id)) && !again.has(link.parent_id),
        );
    // A task cannot run again if one that it requires has not succeeded and is left out.
    const queue = [...again];
    for (const member of queue) {
      if (member === id || !again.has(member) || !lacksParent(member)) continue;
      again.delete(member);
      queue.push(...childrenOf(member));
    }
    return again.size - 1;
  };
  return {
    unsuccessful: count(isUnsuccessful),
    downstream: count((task) => isUnsuccessful(task) || task?.status === 'Success'),
  };
}

function groupBy(links: readonly Link[], end: 'parent_id' | 'child_id'): ReadonlyMap<string, Link[]> {
  const groups = new Map<string, Link[]>();
  for (const link of links) {
    const group = groups.get(link[end]);
    if (group) group.push(link);
    else groups.set(link[end], [link]);
  }
  return groups;
}

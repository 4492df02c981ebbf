/** Validates the dependencies in a create request, without a database. */

export interface Node {
  /** Local id. */
  id: string;
  dependencies: readonly { id: string; requires_success: boolean }[];
}

/**
 * Returns the faults in references between tasks, one sentence each. A reference must name a task defined earlier in the
 * request. So a request cannot contain a cycle, and its order is a topological order of the graph.
 * @param nodes the tasks. Ids that are not strings are skipped: the validation of fields reports them.
 * @param mayExist whether ids that the request does not define may be those of existing tasks.
 */
export function graphFaults(nodes: readonly Node[], mayExist = false): string[] {
  const faults: string[] = [];
  const everywhere = new Set(nodes.map(({ id }) => id));
  const earlier = new Set<string>();
  nodes.forEach(({ id, dependencies }, i) => {
    const seen = new Set<string>();
    dependencies.forEach(({ id: parent }, j) => {
      if (typeof parent !== 'string') return;
      const fault = referenceFault(parent, { id, earlier, everywhere, seen, mayExist });
      if (fault) faults.push(`tasks[${i}].dependencies[${j}].id: ${fault}`);
      seen.add(parent);
    });
    if (typeof id !== 'string') return;
    if (earlier.has(id)) faults.push(`tasks[${i}].id: "${id}" is defined more than once in this request`);
    earlier.add(id);
  });
  return faults;
}

function referenceFault(
  parent: string,
  {
    id,
    earlier,
    everywhere,
    seen,
    mayExist,
  }: Record<'earlier' | 'everywhere' | 'seen', Set<string>> & {
    id: string;
    mayExist: boolean;
  },
): string | undefined {
  if (seen.has(parent)) return `"${parent}" is listed more than once`;
  if (earlier.has(parent)) return undefined;
  if (parent === id) return 'a task cannot depend on itself';
  if (everywhere.has(parent)) return `"${parent}" must be defined earlier in the request`;
  return mayExist ? undefined : `"${parent}" is not defined in this request`;
}

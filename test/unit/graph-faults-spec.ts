import { graphFaults, type Node } from '../../src/dag/graph';

const node = (id: string, ...parents: string[]): Node => ({
  id,
  dependencies: parents.map((parent) => ({ id: parent, requires_success: true })),
});

describe('The faults of a graph', () => {
  test.each<[what: string, nodes: Node[]]>([
    ['an empty one', []],
    ['a lone task', [node('a')]],
    ['a chain', [node('a'), node('b', 'a'), node('c', 'b')]],
    ['a diamond', [node('a'), node('b', 'a'), node('c', 'a'), node('d', 'b', 'c')]],
    ['names of members that objects have', [node('constructor'), node('__proto__', 'constructor')]],
    ['names that differ in case', [node('a'), node('A', 'a')]],
  ])('are none in %s', (_, nodes) => {
    expect(graphFaults(nodes)).toEqual([]);
  });

  test.each<[what: string, nodes: Node[], field: string, fault: RegExp]>([
    ['a dependency on itself', [node('a', 'a')], 'tasks[0].dependencies[0].id', /itself/],
    ['on a later task', [node('a', 'b'), node('b')], 'tasks[0].dependencies[0].id', /"b" must be defined earlier/],
    ['on an unknown task', [node('a'), node('b', 'a', 'x')], 'tasks[1].dependencies[1].id', /"x" is not defined/],
    [
      'on a task twice',
      [node('a'), node('b', 'a', 'a')],
      'tasks[1].dependencies[1].id',
      /"a" is listed more than once/,
    ],
    ['on an unknown member of objects', [node('a', 'toString')], 'tasks[0].dependencies[0].id', /not defined/],
    ['a name used twice', [node('a'), node('a')], 'tasks[1].id', /"a" is defined more than once/],
  ])('name %s', (_, nodes, field, fault) => {
    const [found, ...more] = graphFaults(nodes);
    expect(more).toEqual([]);
    expect(found.startsWith(`${field}: `)).toBe(true);
    expect(found).toMatch(fault);
  });

  test('are one for each forward reference of a cycle', () => {
    expect(graphFaults([node('a', 'c'), node('b', 'a'), node('c', 'b')])).toEqual([
      'tasks[0].dependencies[0].id: "c" must be defined earlier in the request',
    ]);
  });

  test('are all named, in the order of the request', () => {
    const faults = graphFaults([node('a', 'x', 'a', 'b'), node('a'), node('b', 'a', 'a')]);
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'tasks[0].dependencies[0].id',
      'tasks[0].dependencies[1].id',
      'tasks[0].dependencies[2].id',
      'tasks[1].id',
      'tasks[2].dependencies[1].id',
    ]);
  });

  test('leave ids that are not texts to the check of the fields', () => {
    const bad = [undefined, null, 5].map((id) => ({ id, dependencies: [{ id, requires_success: true }] }));
    expect(graphFaults([...(bad as unknown as Node[]), node('a', 'x')])).toEqual([
      'tasks[3].dependencies[0].id: "x" is not defined in this request',
    ]);
  });

  test('are found in a large graph without comparing every pair', () => {
    const wide = Array.from({ length: 10_000 }, (_, i) => node(`n${i}`, ...(i > 0 ? ['n0', `n${i - 1}`] : [])));
    expect(graphFaults(wide)).toHaveLength(1);
  });
});

/**
 * Writes the graph of the nightly import, with 200 partitions, to stdout, one task per line:
 *
 *   node scripts/demo/nightly-import.mjs > examples/nightly-import.json
 */
const WIDTH = 200;

const call = (path, body) => ({ kind: 'Webhook', params: { url: `{{receiver}}/${path}`, verb: 'Post', body } });
const requires = (...ids) => ids.map((id) => ({ id, requires_success: true }));
const ends = { expect: 'Success' };

const partitions = Array.from({ length: WIDTH }, (_, index) => {
  const number = String(index + 1).padStart(3, '0');
  // Partitions differ in size, so that they do not all end at the same moment.
  const items = 10 + ((index * 7) % 31);
  return {
    id: `load-${number}`,
    name: `Load partition ${number}`,
    kind: 'load',
    expected_count: items,
    dependencies: requires('list'),
    metadata: { ...ends, partition: index + 1 },
    on_start: call('start', { work_ms: 400 + items * 50, items, steps: 3 }),
  };
});

const tasks = [
  {
    id: 'window',
    name: 'Open the import window',
    kind: 'import',
    metadata: ends,
    on_start: call('start', { work_ms: 300 }),
  },
  {
    id: 'list',
    name: 'List the partitions',
    kind: 'import',
    dependencies: requires('window'),
    metadata: ends,
    on_start: call('start', { work_ms: 400 }),
  },
  ...partitions,
  {
    id: 'merge',
    name: 'Merge what was loaded',
    kind: 'import',
    expected_count: WIDTH,
    dependencies: requires(...partitions.map(({ id }) => id)),
    metadata: ends,
    on_start: call('start', { work_ms: 1000, items: WIDTH, steps: 4 }),
  },
  {
    id: 'close',
    name: 'Close the import window',
    kind: 'import',
    dependencies: requires('merge'),
    metadata: ends,
    on_start: call('start', { work_ms: 200 }),
    on_success: [call('notify', { say: 'The import is complete' })],
  },
];

const lines = tasks.map((task) => `    ${JSON.stringify(task)}`).join(',\n');
console.log(`{\n  "metadata": {"about": "Nightly import of ${WIDTH} partitions"},\n  "tasks": [\n${lines}\n  ]\n}`);

// The rooms and the one direction of imports between them (docs/architecture.md).
const rooms = [
  ['domain'],
  ['config', 'metrics', 'tracing'],
  ['database', 'http'],
  ['access', 'loops'],
  ['wire'],
  ['rules', 'dag', 'webhook', 'retention', 'health', 'view'],
  ['task'],
  ['batch'],
  ['live'],
];
const path = (names) => `^src/(${names.join('|')})/`;
const upward = rooms.flatMap((floor, level) =>
  floor.map((room) => ({
    name: `${room}-imports-only-lower-rooms`,
    severity: 'error',
    from: { path: path([room]) },
    to: {
      path: '^src/',
      pathNot: path([room, ...rooms.slice(0, level).flat()]),
    },
  })),
);

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { pathNot: 'node_modules' } } },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    { name: 'no-dev-dependencies', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev'] } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};

// The modules and the one direction of imports between them (docs/architecture.md).
const modules = [
  ['domain'],
  ['config', 'metrics', 'tracing'],
  ['database', 'http'],
  ['access', 'audit', 'loops'],
  ['rules', 'dag', 'webhook', 'retention', 'idempotency', 'health', 'view'],
  ['task'],
  ['batch'],
  ['live', 'schedule'],
];
const path = (names) => `^src/(${names.join('|')})/`;
const upward = modules.flatMap((layer, level) =>
  layer.map((name) => ({
    name: `${name}-imports-only-lower-modules`,
    severity: 'error',
    from: { path: path([name]) },
    to: {
      path: '^src/',
      // DTOs only describe data: the graph of a batch consists of tasks in the form that lists have.
      pathNot: `${path([name, ...modules.slice(0, level).flat()])}|/dto/task-(light|item|fields)\\.`,
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

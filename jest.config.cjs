// These packages are, or import, ES modules, which jest cannot load before Node 24.9: they are compiled like our own files.
const esModules = ['@nestjs', '@opentelemetry/otlp-exporter-base', 'content-disposition', 'cookie', 'uuid'];

/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/test/**/*-spec.ts'],
  transform: { '\\.[tj]s$': '@swc/jest' },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  // Imported when tracing is on, and by the name of what it is built to.
  moduleNameMapper: { '^\\./open-telemetry\\.js$': './open-telemetry' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  maxWorkers: 2,
  testTimeout: 30_000,
};

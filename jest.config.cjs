/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/test/**/*-spec.ts'],
  transform: { '\\.ts$': '@swc/jest' },
  runtime: '<rootDir>/test/runner/runtime.cjs',
  testEnvironment: '<rootDir>/test/runner/environment.cjs',
  testSequencer: '<rootDir>/test/runner/sequencer.cjs',
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  maxWorkers: 2,
  testTimeout: 30_000,
};

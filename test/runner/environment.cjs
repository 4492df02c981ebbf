const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/** Where jest-circus keeps the handlers of its events; it would add to those of earlier spec files. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');

/** The globals of Node itself, for modules that spec files share (see runtime.cjs). */
module.exports = class Environment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  original = {
    console,
    exit: process.exit,
    env: process.env,
    symbols: new Set(Object.getOwnPropertySymbols(globalThis)),
  };

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
    process.env = { ...process.env };
  }

  async setup() {}

  /** Adds the logs of the processes that tests have started (see ServiceProcess) to the error of a failed test. */
  handleTestEvent({ name, error }) {
    const log = name === 'test_fn_failure' && globalThis.logOfProcesses?.();
    if (log && error?.stack) error.stack = error.stack.replace(/\n +at /, (at) => `\n\n${log}\n${at}`);
  }

  /** Undoes what jest and tests have changed. */
  async teardown() {
    const { console, exit, env, symbols } = this.original;
    this.fakeTimersModern.dispose();
    this.moduleMocker.restoreAllMocks();
    Object.assign(globalThis, { console, logOfProcesses: undefined });
    Object.assign(process, { exit, env });
    // The state of a run, with every test. Registered symbols belong to modules that stay.
    for (const symbol of Object.getOwnPropertySymbols(globalThis))
      if (symbol === EVENT_HANDLERS || (!symbols.has(symbol) && !Symbol.keyFor(symbol))) delete globalThis[symbol];
  }

  getVmContext() {
    return null;
  }
};

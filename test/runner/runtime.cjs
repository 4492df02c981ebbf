const Module = require('node:module');
const { resolve, sep } = require('node:path');
const { default: JestRuntime } = require('jest-runtime');

const TESTS = resolve(__dirname, '..') + sep;

/** What the spec files of this process have compiled, with its source maps. */
let compiled;

/**
 * Loads modules like Node, and once for all spec files of a process: small spec files would spend most of their time on
 * loading the service again. Only modules of tests are loaded anew, because they register hooks.
 */
module.exports = class Runtime extends JestRuntime {
  constructor(...args) {
    super(...args);
    this.transformCache = compiled ??= this.transformCache;
    Module._extensions['.ts'] = (module, file) => module._compile(compiled.transform(file), file);
  }

  requireModule(file) {
    globalThis.jest = this.jestGlobals.jestObjectFor(file);
    return require(file);
  }

  /** Loads a part of jest. */
  requireInternalModule(from, name) {
    if (name) return Module.createRequire(from)(name);
    // It keeps the state of a run of one file.
    delete require.cache[from];
    return require(from);
  }

  teardown() {
    super.teardown();
    for (const file of Object.keys(require.cache))
      if (file.startsWith(TESTS) && file.endsWith('.ts')) delete require.cache[file];
    // Otherwise this module would keep the spec file, with all that its tests have used.
    module.children.length = 0;
  }
};

// For `import`: the same modules as for `require`, so that a class such as `HooklineError` exists once in a process.
export * from './index.ts';

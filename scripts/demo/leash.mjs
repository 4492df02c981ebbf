/**
 * Loaded into every process that the demo starts (`--import`): when the demo is gone, however it went, the process stops
 * as if it had been asked to. Needs an IPC channel to the demo, and does not keep the process alive by it.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel.unref();

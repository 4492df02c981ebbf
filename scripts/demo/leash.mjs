/**
 * Loaded into every process of the demo (`--import`). When the demo ends in any way, the IPC channel closes, and the
 * process gets SIGTERM. The channel does not keep the process alive.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel.unref();

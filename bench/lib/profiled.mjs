// Loaded into the service before its own code: SIGURG begins a CPU profile, and the next one ends it and writes it to
// BENCH_PROFILE. Node's own --cpu-prof would fill it with the start of the process. The signal is one that nobody sends:
// the framework shuts down at most of the others.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';

const session = new Session();
session.connect();
const post = (method) =>
  new Promise((resolve, reject) => session.post(method, (error, result) => (error ? reject(error) : resolve(result))));

await post('Profiler.enable');
let isRunning = false;
process.on('SIGURG', async () => {
  isRunning = !isRunning;
  if (isRunning) return post('Profiler.start');
  const { profile } = await post('Profiler.stop');
  writeFileSync(process.env.BENCH_PROFILE, JSON.stringify(profile));
});

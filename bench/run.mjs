// W1: independent tasks through their whole life against a local receiver: created 1,000 a request, started, reported
// and notified. Prints tasks a second, CPU seconds per 1,000 tasks and peak memory. See README.md.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { cpuSecs, residentMiB } from './lib/processes.mjs';
import { startService } from './lib/service.mjs';

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    profile: { type: 'boolean', default: false },
  },
});
const TASKS = Number(options.tasks);
const PER_REQUEST = 1000;

const service = await startService({
  nodeArgs: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [],
});
const receiver = fork(new URL('lib/receiver.mjs', import.meta.url));
const [{ port: receiverPort }] = await once(receiver, 'message');

let peakMiB = 0;
const memory = setInterval(() => (peakMiB = Math.max(peakMiB, residentMiB(service.pid))), 100);
try {
  await round(Math.min(TASKS, 3000)); // Warms up compilers, plans and caches; not counted.
  const results = [];
  for (let i = 0; i < Number(options.rounds); i++) results.push(await round(TASKS));
  print(results);
} finally {
  clearInterval(memory);
  await service.stop();
  receiver.disconnect();
}

async function round(tasks) {
  receiver.send({ reset: true });
  const before = cpuSecs([service.pid]);
  const begun = performance.now();
  const done = new Promise((resolve) => receiver.on('message', ({ done }) => done && resolve()));
  receiver.send({ wait: tasks });
  for (let from = 0; from < tasks; from += PER_REQUEST) await create(Math.min(PER_REQUEST, tasks - from));
  await done;
  const secs = (performance.now() - begun) / 1000;
  const cpu = cpuSecs([service.pid]) - before;
  receiver.removeAllListeners('message');
  receiver.send({ counts: true });
  const [{ counts }] = await once(receiver, 'message');
  if (counts.start !== tasks || counts.duplicates || counts.refused) throw new Error(JSON.stringify(counts));
  return { perSec: tasks / secs, cpuPer1000: (cpu / tasks) * 1000 };
}

async function create(count) {
  const action = (path) => ({
    kind: 'Webhook',
    params: {
      url: `http://127.0.0.1:${receiverPort}${path}`,
      verb: 'Post',
      body: { event: path, note: 'x'.repeat(60) },
    },
  });
  const tasks = Array.from({ length: count }, (_, i) => ({
    id: `t${i}`,
    name: `Task ${i}`,
    kind: 'bench',
    timeout: 600,
    metadata: { number: i, note: 'x'.repeat(40) },
    on_start: action('/start'),
    on_success: [action('/success')],
  }));
  const answer = await fetch(`${service.url}/task`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(tasks),
  });
  if (answer.status !== 201) throw new Error(`POST /task answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

function print(results) {
  const row = (name, figures, digits) => {
    const sorted = [...figures].sort((a, b) => a - b);
    const [median, min, max] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((n) => n.toFixed(digits));
    console.log(`${name.padEnd(44)} ${median} (${min}–${max})`);
  };
  console.log(`W1 callback, ${TASKS} tasks, ${results.length} rounds: median (min–max)`);
  row(
    'tasks/s',
    results.map(({ perSec }) => perSec),
    0,
  );
  row(
    'CPU s per 1,000 tasks, service + PostgreSQL',
    results.map(({ cpuPer1000 }) => cpuPer1000),
    2,
  );
  console.log(`${'peak memory of the service, MiB'.padEnd(44)} ${peakMiB.toFixed(0)}`);
}

/**
 * Handlers of a map-reduce over a list that is known only when it runs: they count the lines of the files in this folder.
 * `split` adds a `map` task for each file, which `reduce` waits for; `reduce` adds up the results of its parents.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Graph, webhook } from '@hookline/client';

const FOLDER = new URL('.', import.meta.url);

/** Adds a task for each file to the batch, before the task `reduce`. */
export async function split(job) {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  const on_start = (file) => webhook(`http://${job.headers.host}/map`, { body: { file } });
  const maps = new Graph();
  for (const { name } of entries.filter((entry) => entry.isFile()))
    maps.task(name, { name: `Count ${name}`, kind: 'map', requiredBy: ['reduce'], on_start: on_start(name) });
  // With this key, another attempt adds nothing twice.
  await job.addTasks(maps, { idempotencyKey: job.taskId });
}

/** Returns the number of lines of a file. */
export async function map(job) {
  const text = await readFile(new URL(basename(job.body.file), FOLDER), 'utf8');
  job.result(text.split('\n').length - 1);
}

/** Adds up what the parents returned. */
export function reduce(job) {
  const maps = Object.values(job.context.parents).filter(({ kind }) => kind === 'map');
  job.result({ files: maps.length, lines: maps.reduce((sum, { result }) => sum + result, 0) });
}

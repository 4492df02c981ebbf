import { useDatabase } from '../support/fixture';
import { ServiceProcess, useProcesses } from '../support/process';
import { task } from '../support/service';

const MIB = 1024 * 1024;
const URL = 'http://receiver.test/';
const list = (item: string, times: number) => `[${`${item},`.repeat(times - 1)}${item}]`;
const members = (count: number) => `{${Array.from({ length: count }, (_, n) => `"${n}":1`).join()}}`;
const tasks = (rest: object, count = 10_000) =>
  JSON.stringify(Array.from({ length: count }, (_, n) => task(`t${n}`, URL, rest)));
/** Returns one task with a value that `JSON.stringify` would take long to write. */
const taskWith = (field: string, json: string) =>
  JSON.stringify([task('a', URL, { [field]: 0 })]).replace(/0(?=}]$)/, json);
const wrong = { kind: 5, status: 'x', fields: 1 };

/** None exceeds the size limit of a body. */
const BODIES: [name: string, body: () => string][] = [
  ['8 million opening brackets', () => '['.repeat(8_000_000)],
  ['5 million empty objects', () => list('{}', 5_000_000)],
  ['8 million numbers', () => list('1', 8_000_000)],
  ['4 million decimals', () => list('1.0', 4_000_000)],
  ['one task with 1.1 million members', () => taskWith('metadata', members(1_100_000))],
  ['one task with 0.9 million members', () => taskWith('metadata', members(900_000))],
  ['240,000 decimals in metadata', () => taskWith('metadata', list('1.0', 240_000))],
  ['one name of 15 million characters', () => tasks({ name: 'x'.repeat(15_000_000) }, 1)],
  ['10,000 tasks with invalid deduplication entries', () => tasks({ dedupe_strategy: Array(15).fill(wrong) })],
  ['300,000 invalid deduplication entries', () => tasks({ dedupe_strategy: Array(300_000).fill({}) }, 1)],
  ['faults under a very long name', () => `[{"${'x'.repeat(14 * MIB)}":${list('"\\u0000"', 1000)}}]`],
];

describe('A process with a heap of 256 MiB', () => {
  let service: ServiceProcess;
  useProcesses();
  const database = useDatabase();
  beforeAll(async () => {
    service = await ServiceProcess.start({ DATABASE_URL: database.url, WORKER_ENABLED: '0' }, { heapMiB: 256 });
  });

  const send = async (method: string, path: string, body: string) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(service.url + path, { method, body, headers });
    expect((await answer.text()).length).toBeLessThan(MIB);
    return answer.status;
  };

  it.each(BODIES)('survives and refuses %s', async (_, body) => {
    const text = body();
    expect(text.length).toBeLessThan(16 * MIB);
    expect(await send('POST', '/task', text)).toBe(400);
    expect(service.ended).toBe(false);
  });

  it.each(['PUT', 'PATCH'])('refuses a report by %s above 512 KiB, and none below', async (method) => {
    const path = '/task/00000000-0000-4000-8000-000000000000';
    const report = (bytes: number) => '{"new_success":1}'.padEnd(bytes);
    expect(await send(method, path, report(512 * 1024))).toBe(404);
    expect(await send(method, path, report(512 * 1024 + 1))).toBe(413);
    expect(await send(method, path, `{"new_success":1,"a":${'['.repeat(7_000_000)}`)).toBe(413);
    const digits = list('1'.repeat(308), 54_000);
    expect(await send(method, path, `{"x":${digits},"new_success":1}`)).toBe(413);
    expect(await send(method, path, `{"new_success":1,"a":${'['.repeat(400_000)}`)).toBe(400);
  });

  it('survives bodies of half a million values, several at once', async () => {
    const body = list('{}', 450_000);
    const create = () =>
      send(
        'POST',
        '/task',
        taskWith('on_start', `{"kind":"Webhook","params":{"url":"${URL}","verb":"Post","body":${body}}}`),
      );
    expect(await Promise.all([create(), create(), create(), create()])).toEqual(expect.arrayContaining([201]));
    expect(service.ended).toBe(false);
  });

  it('survives tasks with much metadata and 32 deduplication entries each', async () => {
    const entries = Array.from({ length: 32 }, (_, n) => ({ kind: `k${n}`, status: 'Running', fields: ['x'] }));
    const many = Array.from({ length: 200 }, (_, n) =>
      task(`t${n}`, URL, { metadata: { x: `${n}`.padEnd(60_000, 'x') }, dedupe_strategy: entries }),
    );
    expect(await send('POST', '/task', JSON.stringify(many))).toBe(201);
    expect(service.ended).toBe(false);
  });
});

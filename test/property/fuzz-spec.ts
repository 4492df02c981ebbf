import * as fc from 'fast-check';
import { useReceiver, useService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { after, idsOf, Service, task, webhook } from '../support/service';
import { type Operation, operations } from './document';
import { JSON_TEXTS } from './hostile-json';
import { RAW_MESSAGES, UNFINISHED_MESSAGES } from './raw';
import { type Known, requestsTo, type WireRequest } from './requests';
import { Wire, type WireAnswer } from './wire';

/** Always generates the same requests. */
const SEED = 20260105;
/** For each endpoint. */
const REQUESTS = 136;
const AT_ONCE = 8;

const RETRY_FIELDS = ['max_attempts', 'delay_secs', 'factor', 'max_delay_secs', 'jitter', 'on'];

const PROBLEM = 'application/problem+json';
/** Answers of any endpoint to invalid or oversized HTTP. */
const NOT_HTTP = [400, 431];

describe('Hostile requests', () => {
  let wire: Wire;
  afterAll(() => wire.close());
  const receiver = useReceiver();
  // Starts nothing, as some of these requests create tasks that call arbitrary hosts.
  const service = useService({ WORKER_ENABLED: '0', PAYLOAD_MAX_BYTES: '200000' });
  const known: Known = { tasks: [], batches: [] };
  beforeAll(async () => {
    wire = new Wire(new URL(service.url));
    const names = Array.from({ length: 20 }, (_, n) => `t${n}`);
    for (let batch = 0; batch < 10; batch++) {
      const created = await service.create(names.map((name) => task(name, receiver.url('/start'))));
      known.batches.push(created.batch);
      known.tasks.push(...idsOf(created));
    }
    await withWorker(() => untilRunning(service, ...known.tasks));
  });

  /** Runs `work` beside a replica that starts tasks. */
  async function withWorker(work: () => Promise<void>): Promise<void> {
    const worker = await Service.start({}, service.databaseUrl);
    try {
      await work();
    } finally {
      await worker.stop();
    }
  }

  const [deleting, others] = [true, false].map((is) => operations.filter(({ method }) => (method === 'DELETE') === is));
  // Deletions come last, as canceled tasks accept nothing more.
  const everyOperation = [...others, ...deleting].map(
    (operation) => [`${operation.method} ${operation.path}`, operation] as const,
  );

  it('are at least 5,000', () => {
    expect(operations.length * REQUESTS).toBeGreaterThanOrEqual(5000);
  });

  it.each(everyOperation)(
    'to %s get documented answers, and problem details if they are refused',
    async (_, operation) => {
      const requests = fc.sample(requestsTo(operation, known), { seed: SEED, numRuns: REQUESTS });
      const faults: string[] = [];
      const caller = async () => {
        for (let request = requests.pop(); request; request = requests.pop()) {
          const answer = await wire.send(request).catch((error: unknown) => String(error));
          const found = typeof answer === 'string' ? [answer] : faultsOf(operation, request, answer);
          faults.push(...found.map((fault) => `${fault}: ${shown(request)}`));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, caller));
      expect(faults).toEqual([]);
    },
  );

  it.each([
    ...['run_at', 'delay_secs', 'retry'].map((name) => `POST /task {"${name}":*}`),
    ...RETRY_FIELDS.map((name) => `POST /task {"retry":{"max_attempts":2,"${name}":*}}`),
    ...['retry', 'retry_after_secs'].map(
      (name) => `PATCH /task/{id} {"status":"Failure","failure_reason":"","${name}":*}`,
    ),
    'PATCH /task/{id} {"run_at":*}',
  ])('with any JSON in %s get documented answers', async (form) => {
    const [method, path, members] = form.split(' ');
    const operation = operations.find((each) => each.method === method && each.path === path)!;
    const required = JSON.stringify(task('a', receiver.url('/start')));
    const faults = JSON_TEXTS.map(async (json) => {
      const changed = members.replace('*', () => json);
      const body = Buffer.from(method === 'POST' ? `[${required.slice(0, -1)},${changed.slice(1)}]` : changed);
      const target = path.replace('{id}', known.tasks[0]);
      const request: WireRequest = { method, target, headers: [['content-type', 'application/json']], body };
      return faultsOf(operation, request, await wire.send(request)).map((fault) => `${fault}: ${shown(request)}`);
    });
    expect((await Promise.all(faults)).flat()).toEqual([]);
  });

  it.each(Object.entries(RAW_MESSAGES))('with %s get problem details or no answer', async (_, message) => {
    const answer = await wire.sendRaw(message, false);
    if (answer && answer.status >= 300) expect(problemFaults(answer)).toEqual([]);
  });

  it.each(Object.entries(UNFINISHED_MESSAGES))('that break off with %s do no harm', async (_, message) => {
    const answer = await wire.sendRaw(message, true);
    if (answer) expect(problemFaults(answer)).toEqual([]);
  });

  it('leave the service healthy, and their tasks can be stopped', async () => {
    expect(await service.call('GET', '/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', breaker: 'closed' },
    });
    expect((await service.call('GET', '/ready')).status).toBe(200);
    const batches = await service.query<{ id: string }>('SELECT DISTINCT batch_id AS id FROM task');
    for (const { id } of batches) expect((await service.call('DELETE', `/batch/${id}`)).status).toBe(200);
    expect(await service.query('SELECT id FROM task WHERE ended_at IS NULL')).toEqual([]);
    await recount(service);
  });

  it('leave the service working', async () => {
    await service.query('DELETE FROM outbox');
    await withWorker(async () => {
      const url = receiver.url('/start');
      const told = { on_success: [webhook(receiver.url('/deployed'))] };
      const { build, deploy } = await service.create([
        task('build', url),
        task('deploy', url, { ...after(['build']), ...told }),
      ]);
      for (const id of [build, deploy]) {
        await untilRunning(service, id);
        expect((await service.succeed(id)).status).toBe(200);
      }
      await allDelivered(service);
      expect(receiver.received('/deployed')).toHaveLength(1);
    });
  });
});

function faultsOf({ method, statuses }: Operation, request: WireRequest, answer: WireAnswer): string[] {
  const { status, type, body } = answer;
  const faults: string[] = [];
  const hasBody = request.method !== 'HEAD';
  if (status >= 300 && hasBody) faults.push(...problemFaults(answer));
  if (status < 300 && hasBody && type.includes('json')) JSON.parse(body);
  if (status >= 500) faults.push(`status ${status}`);
  const isForeseen = [...statuses, ...NOT_HTTP].includes(status);
  if (request.method === method && !isForeseen) faults.push(`undocumented status ${status}`);
  return faults;
}

function problemFaults({ status, type, body }: WireAnswer): string[] {
  if (!type.startsWith(PROBLEM)) return [`${status} of type '${type}'`];
  const problem = JSON.parse(body) as Record<string, unknown>;
  const isText = (member: string) => typeof problem[member] === 'string' && problem[member] !== '';
  const isSound =
    status < 500 &&
    problem.status === status &&
    ['type', 'title', 'detail', 'error'].every(isText) &&
    Array.isArray(problem.details) &&
    problem.details.every((detail) => typeof detail === 'string');
  return isSound ? [] : [`${status} with the problem ${body}`];
}

const shown = ({ method, target, headers, body }: WireRequest): string =>
  `${method} ${target.slice(0, 300)} ${JSON.stringify(headers)} ${JSON.stringify(body?.toString('latin1').slice(0, 600))}`;

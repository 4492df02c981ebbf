import { Client } from 'pg';
import { Database } from '../../src/database/database';
import { Readers } from '../../src/database/readers';
import { statement } from '../../src/database/statement';
import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { provider, task } from '../support/service';

const ID = '0b0e1b6c-0000-7000-8000-000000000000';
/** Endpoints that need no database, and the files of the page. */
const OTHERS = new Set(['/live', '/ready', '/health', '/metrics', '/view', '/session']);
const POOL = 4;
const MOST_WAITING = 1000;

describe('Requests that read', () => {
  const service = useService({ POOL_MAX_SIZE: String(POOL) });
  const receiver = useReceiver();
  let blocker: Client;
  beforeEach(async () => {
    blocker = new Client({ connectionString: service.databaseUrl });
    await blocker.connect();
  });
  afterEach(() => blocker.end());

  const load = () => provider(service, Readers).load;
  /** Locks tables, and tries again after a deadlock with the service. */
  const hold = (...tables: string[]) =>
    eventually(async () => {
      await blocker.query('ROLLBACK');
      await blocker.query(`BEGIN; LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`);
    });

  it('use at most half of the connections, whichever endpoints they call', async () => {
    const { body } = await service.call<{ paths: Record<string, object> }>('GET', '/api-docs/openapi.json');
    const paths = Object.keys(body.paths).filter((path) => 'get' in body.paths[path] && !OTHERS.has(path));
    expect(paths.length).toBeGreaterThanOrEqual(9);
    const leaving = new AbortController();
    const answers: Promise<unknown>[] = [];
    await hold('task', 'task_definition', 'batch', 'outbox', 'delivery', 'schedule', 'audit_log');
    for (const path of paths) {
      const url = service.url + path.replace(/\{\w+\}/, ID);
      for (let i = 0; i < POOL; i++) answers.push(fetch(url, { signal: leaving.signal }).catch(() => undefined));
      await eventually(() => expect([path, load().running + load().waiting]).toEqual([path, answers.length]));
      expect(load().running).toBe(POOL / 2);
    }
    leaving.abort();
    await blocker.query('ROLLBACK');
    await Promise.all(answers);
    await eventually(() => expect(load()).toEqual({ running: 0, waiting: 0 }));
  });

  it('delay no reports, and get 503 with Retry-After beyond a bound', async () => {
    const { a, b } = await service.create([task('a', receiver.url('/')), task('b', receiver.url('/'))]);
    for (const id of [a, b]) await eventually(async () => expect((await service.task(id)).status).toBe('Running'));
    await hold('delivery');
    const list = () => service.call('GET', '/webhook-deliveries');
    const reading = Array.from({ length: POOL / 2 }, list);
    await eventually(() => expect(load().running).toBe(POOL / 2));
    const waiting = Array.from({ length: MOST_WAITING }, () =>
      provider(service, Readers).run(statement('one', 'SELECT 1')),
    );
    for (const { status, body, headers } of await Promise.all([list(), list()])) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toMatchObject({ status: 503, error: 'Too many read requests at the same time' });
    }
    expect((await service.succeed(a)).status).toBe(200);
    expect((await service.report(b, { new_success: 1 })).status).toBe(200);
    await service.create([task('c', receiver.url('/'))]);
    expect(provider(service, Database).longestWaitMs).toBe(0);
    await blocker.query('ROLLBACK');
    expect((await Promise.all(reading)).map(({ status }) => status)).toEqual([200, 200]);
    await Promise.all(waiting);
    expect((await list()).status).toBe(200);
  });
});

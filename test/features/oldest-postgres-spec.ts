import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client } from 'pg';
import { Database } from '../../src/database/database';
import { type Statement, statement } from '../../src/database/statement';
import { CORE_ENV, coreFlow } from '../support/core-flow';
import { useReceiver } from '../support/fixture';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { hasPostgres14, startPostgres14 } from '../support/postgres-14';
import { capacity } from '../support/rules';
import { after, provider, Service, task, webhook } from '../support/service';

const version = statement<[], { version: string }>(
  'test-version',
  `SELECT current_setting('server_version') AS version`,
);

const isStatement = (value: unknown): value is Statement<unknown[], unknown> =>
  typeof value === 'object' && value !== null && 'name' in value && 'text' in value;

const describe = hasPostgres14 ? globalThis.describe : globalThis.describe.skip;

describe('The service on PostgreSQL 14, the oldest supported version,', () => {
  const receiver = useReceiver();
  const service = new Service();
  let server: Awaited<ReturnType<typeof startPostgres14>>;
  beforeAll(async () => {
    server = await startPostgres14();
    await service.start(CORE_ENV, server.url);
  });
  afterAll(async () => {
    await service.stop();
    await server.remove();
  });

  it('parses every statement', async () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\/sql\/\w[\w-]*\.ts$/.test(file),
    );
    const modules = await Promise.all(files.map((file) => import(resolve('src', file)) as Promise<object>));
    const statements = modules.flatMap((module) => Object.values(module).filter(isStatement));
    expect(statements.length).toBeGreaterThan(80);
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      for (const { name, text } of statements)
        await expect(client.query(`PREPARE "${name}" AS ${text}`).then(() => name)).resolves.toBe(name);
    } finally {
      await client.end();
    }
  });

  it('creates, limits, deduplicates, reports, cancels, lists and removes tasks', async () => {
    expect((await provider(service, Database).run(version))[0].version).toMatch(/^14\./);
    await coreFlow(service, receiver);
  });

  it('pauses, stops and searches batches, replaces their rules, and replays notifications', async () => {
    const url = receiver.url('/start');
    const told = { on_failure: [webhook(receiver.url('/told'))] };
    const ruled = { kind: 'old', metadata: { p: 1 }, expected_count: 1, rules: [capacity('old', 1, ['p'])] };
    const { a, b, c, d, batch } = await service.create([
      task('a', url, { ...ruled, ...told }),
      task('b', url, ruled),
      task('c', url, after(['a'])),
      task('d', url),
    ]);
    await untilRunning(service, a, d);
    expect((await service.call('PATCH', `/task/pause/${c}`)).status).toBe(200);
    expect((await service.call('PATCH', `/task/resume/${c}`)).status).toBe(200);
    const rules = { kind: 'old', rules: [capacity('old', 5, ['p'])] };
    expect((await service.call('PATCH', `/batch/${batch}/rules`, rules)).status).toBe(200);
    await untilRunning(service, b);
    expect((await service.fail(a)).status).toBe(200);
    await allDelivered(service);
    const replay = await service.call('POST', `/webhook-deliveries/replay?batch_id=${batch}&host=127.0.0.1`);
    expect(replay.status).toBe(202);
    for (const query of [
      `/task?metadata={"p":1}&kind=old`,
      `/task?name=Task&status=Running`,
      '/batches?kind=old&name=a',
      `/webhook-deliveries?batch_id=${batch}&host=127.0.0.1`,
      `/webhook-deliveries/${b}`,
    ])
      expect((await service.call('GET', query)).body).not.toEqual([]);
    expect((await service.call('DELETE', `/batch/${batch}`)).status).toBe(200);
    expect(await statesOf(service, batch)).toEqual({ a: 'Failure', b: 'Canceled', c: 'Failure', d: 'Canceled' });
  });
});

import { Client } from 'pg';
import { RetentionLoop } from '../../src/retention/retention.loop';
import { EventListener } from './events';
import { allDelivered, statesOf, untilRunning } from './graph';
import { eventually } from './poll';
import type { Receiver } from './receiver';
import { ageBatch } from './rows';
import { after, provider, type Service, task, webhook } from './service';

/** Environment of a service that runs the flow. */
export const CORE_ENV = { RETENTION_ENABLED: '1', RETENTION_DAYS: '1' };

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Covers everything that a service does with its database, and expects the right answers. */
export async function coreFlow(service: Service, receiver: Receiver): Promise<void> {
  const url = receiver.url('/start');
  const rule = { type: 'Concurrency', max_concurrency: 1, matcher: { kind: 'core', status: 'Running', fields: ['p'] } };
  const dedupe = { dedupe_strategy: [{ kind: 'core', status: 'Running', fields: ['p'] }] };
  const ruled = { kind: 'core', metadata: { p: "a\\b'ä" }, rules: [rule] };
  const told = { on_failure: [webhook(receiver.url('/told'))] };
  const { a, b, c, d, e, f, batch } = await service.create([
    task('a', url, ruled),
    task('b', url, { ...after(['a']), ...ruled }),
    task('c', url),
    task('d', url, { ...after(['c']), ...told }),
    task('e', url),
    task('f', url, after([], ['e'])),
  ]);
  const listener = await EventListener.open(`${service.url}/batch/${batch}/events`);
  try {
    await untilRunning(service, a, c, e);
    expect((await service.call('POST', '/task', [task('twin', url, { ...ruled, ...dedupe })])).status).toBe(204);
    expect((await service.call('PUT', `/task/${a}`, { new_success: 2, new_failures: 1 })).status).toBe(202);
    await eventually(async () => expect(await service.task(a)).toMatchObject({ success: 2, failures: 1 }));

    expect((await service.succeed(a)).status).toBe(200);
    expect((await service.fail(c)).status).toBe(200);
    expect((await service.call('DELETE', `/task/${e}`)).status).toBe(200);
    await untilRunning(service, b, f);
    for (const id of [b, f]) expect((await service.succeed(id)).status).toBe(200);
    const states = { a: 'Success', b: 'Success', c: 'Failure', d: 'Failure', e: 'Canceled', f: 'Success' };
    expect(await statesOf(service, batch)).toEqual(states);
    await eventually(() => expect(listener.of('task').map(({ id }: { id: string }) => id)).toContain(f));
    await allDelivered(service);
  } finally {
    listener.close();
  }

  const list = await service.call<object[]>('GET', `/task?batch_id=${batch}&kind=core`);
  expect(list).toMatchObject({ status: 200, body: [{}, {}] });
  for (const time of ['created_at', 'started_at', 'ended_at', 'last_updated'])
    expect((await service.task(a))[time]).toMatch(TIME);
  expect((await service.task(a)).metadata).toEqual(ruled.metadata);
  const lists = [`/batches?search=${batch}`, `/webhook-deliveries?batch_id=${batch}`, '/batches', '/health'];
  for (const path of [`/batch/${batch}`, `/dag/${batch}`, `/task/${d}/why`, ...lists, '/ready'])
    expect([path, (await service.call('GET', path)).status]).toEqual([path, 200]);

  const client = new Client({ connectionString: service.databaseUrl });
  await client.connect();
  // One transaction: behind a pooler, a setting would not hold for the next statement.
  await client.query('BEGIN READ WRITE');
  await ageBatch(client, batch, 3 * 24 * 3600);
  await client.query('COMMIT');
  await client.end();
  await provider(service, RetentionLoop).runOnce();
  expect((await service.call('GET', `/task?batch_id=${batch}`)).body).toEqual([]);
  expect(await service.query('SELECT FROM batch WHERE id = $1', [batch])).toEqual([]);
}

import { randomUUID } from 'node:crypto';
import { Idempotency, keyedRequest } from '../../src/idempotency/idempotency';
import { startProxy, startService, useService } from '../support/fixture';
import { isReplayed, partsOf, postKeyed } from '../support/keyed';
import { openTransaction, untilLocked } from '../support/locks';
import { eventually } from '../support/poll';
import { provider, task } from '../support/service';

/** Makes commits of keys wait while a test holds this lock. */
const HOLD_COMMITS = 'SELECT pg_advisory_xact_lock(42)';
const WAIT_AT_COMMIT = `
  CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END';
  CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON idempotency_key DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait_for_test()`;

describe('A creation with an Idempotency-Key', () => {
  const env = { WORKER_ENABLED: '0' };
  const service = useService(env);
  const replica = useService(env, service);
  beforeAll(() => service.query(WAIT_AT_COMMIT));

  /** Returns one task with a scope of its own, which `batchesOf` counts. */
  const newBatch = () => ({ scope: randomUUID(), tasks: [task('a', 'http://127.0.0.1:9/start')] });
  const batchesOf = async ({ scope }: { scope: string }) =>
    (await service.query('SELECT FROM batch WHERE scope = $1', [scope])).length;
  const isStored = async (key: string) =>
    (await service.query('SELECT FROM idempotency_key WHERE key = $1', [key])).length === 1;

  it('is refused for a moment while the first is in flight, whatever its body', async () => {
    const body = newBatch();
    const release = await openTransaction(service, 'LOCK TABLE batch IN SHARE MODE');
    const first = postKeyed(service, 'k-flight', body);
    await untilLocked(service);
    for (const [other, to] of [[body, replica] as const, [newBatch(), service] as const]) {
      const { status, headers, text } = await postKeyed(to, 'k-flight', other);
      expect({ status, after: headers['retry-after'], text }).toEqual({
        status: 409,
        after: '1',
        text: expect.stringContaining('A request with this Idempotency-Key is in flight'),
      });
    }
    await release();
    expect((await first).status).toBe(201);
    expect(partsOf(await postKeyed(replica, 'k-flight', body))).toEqual(partsOf(await first));
    expect(await batchesOf(body)).toBe(1);
  });

  it('creates one batch, however many come with one key at two replicas', async () => {
    const body = newBatch();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => postKeyed(i % 2 ? service : replica, 'k-many', body)),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(created.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    expect(new Set(created.map((answer) => JSON.stringify(partsOf(answer))))).toHaveProperty('size', 1);
    expect(answers.map(({ status }) => status).filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(await batchesOf(body)).toBe(1);
  });

  it('gets the answer of one that was stored after it had looked for it', async () => {
    const request = keyedRequest('k-late', 'POST /task', []);
    const once = (batchId: string) =>
      provider(service, Idempotency).once(
        request,
        () => Promise.resolve(batchId),
        () => ({ status: 204, batchId, body: null }),
      );
    const [first, second] = [await once(randomUUID()), await once(randomUUID())];
    expect(second).toEqual({ answer: { ...first.answer, replayed: true } });
  });

  it('is never mistaken for one whose key has the same hash', async () => {
    const [{ keys }] = await service.query<{ keys: string[] }>(
      `SELECT array_agg('k-hash-' || n) AS keys FROM generate_series(1, 500000) n
         GROUP BY hashtext('k-hash-' || n) HAVING count(*) > 1 LIMIT 1`,
    );
    const [one, other] = [newBatch(), newBatch()];
    const release = await openTransaction(service, 'LOCK TABLE batch IN SHARE MODE');
    const first = postKeyed(service, keys[0], one);
    await untilLocked(service);
    expect((await postKeyed(service, keys[1], other)).status).toBe(409);
    await release();
    const answers = [await first, await postKeyed(service, keys[1], other)];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(new Set(answers.map((answer) => partsOf(answer).batch)).size).toBe(2);
    expect([await batchesOf(one), await batchesOf(other)]).toEqual([1, 1]);
  });

  it.each([
    ['while it writes its tasks', 'LOCK TABLE batch IN SHARE MODE'],
    ['at its commit', HOLD_COMMITS],
  ])('leaves neither tasks nor key if its connection is lost %s, and can be repeated', async (when, blocker) => {
    const body = newBatch();
    const key = `k-lost-${when.replaceAll(' ', '-')}`;
    const release = await openTransaction(service, blocker);
    const lost = postKeyed(service, key, body);
    await service.query('SELECT pg_terminate_backend($1)', [await untilLocked(service)]);
    expect((await lost).status).toBe(503);
    await release();
    expect([await batchesOf(body), await isStored(key)]).toEqual([0, false]);
    expect((await postKeyed(service, key, body)).status).toBe(201);
    expect([await batchesOf(body), await isStored(key)]).toEqual([1, true]);
  });

  it('is repeated safely when its commit succeeds after its connection is lost', async () => {
    const proxy = await startProxy(service.databaseUrl);
    const remote = await startService(env, proxy.url);
    const body = newBatch();
    const release = await openTransaction(service, HOLD_COMMITS);
    const lost = postKeyed(remote, 'k-unknown', body);
    await untilLocked(service);
    await proxy.cut();
    expect((await lost).status).toBe(503);
    await proxy.restore();
    expect((await postKeyed(service, 'k-unknown', body)).status).toBe(409);
    await release();
    const again = await eventually(async () => {
      const answer = await postKeyed(service, 'k-unknown', body);
      expect(answer.status).toBe(201);
      return answer;
    });
    expect({ replayed: isReplayed(again), batches: await batchesOf(body) }).toEqual({ replayed: true, batches: 1 });
  });
});

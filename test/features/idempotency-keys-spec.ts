import { randomUUID } from 'node:crypto';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ExpiredKeysLoop } from '../../src/idempotency/expired-keys.loop';
import { startReplica, useService } from '../support/fixture';
import { isReplayed, partsOf, postKeyed } from '../support/keyed';
import { eventually } from '../support/poll';
import type { Sent } from '../support/send';
import { provider, type Task, task } from '../support/service';

const TTL_HOURS = 5;
const CHUNK = 500;
const URL = 'http://127.0.0.1:9/start';

describe('A creation with an Idempotency-Key', () => {
  const env = { WORKER_ENABLED: '0', IDEMPOTENCY_KEY_TTL_HOURS: String(TTL_HOURS) };
  const service = useService(env);
  const replica = useService({ ...env, MAX_TASKS_PER_BATCH: '1' }, service);

  const post = (key: string | string[], body: unknown, to = service) => postKeyed(to, key, body);
  const detailsOf = ({ text }: Sent) => (JSON.parse(text) as { details: string[] }).details;
  /** Returns one task with a scope of its own, which `batchesOf` counts. */
  const newBatch = (rest: object = {}) => ({ scope: randomUUID(), tasks: [task('a', URL, rest)] });
  const batchesOf = async ({ scope }: { scope: string }) =>
    (await service.query('SELECT FROM batch WHERE scope = $1', [scope])).length;
  const keysLike = async (pattern: string) =>
    (
      await service.query<{ key: string }>('SELECT key FROM idempotency_key WHERE key LIKE $1 ORDER BY 1', [pattern])
    ).map(({ key }) => key);
  const ageKey = (key: string, hours: number) =>
    service.query('UPDATE idempotency_key SET created_at = created_at - make_interval(hours => $2) WHERE key = $1', [
      key,
      hours,
    ]);

  describe('that is repeated', () => {
    it('gets the first answer, byte for byte, at any replica and whatever has happened to the tasks', async () => {
      const body = newBatch({ name: 'Zürich ✓', metadata: { n: 1 } });
      const first = await post('k-again', body);
      expect({ status: first.status, replayed: first.headers['idempotency-replayed'] }).toEqual({ status: 201 });
      const [{ id }] = JSON.parse(first.text) as Task[];
      await service.call('DELETE', `/task/${id}`);
      for (const to of [service, replica, service]) {
        const again = await post('k-again', body, to);
        expect({ ...partsOf(again), replayed: isReplayed(again) }).toEqual({ ...partsOf(first), replayed: true });
      }
      expect(await batchesOf(body)).toBe(1);
      expect(partsOf(first).type).toBe('application/json; charset=utf-8');
    });

    it('is told again that nothing was created, even when that has changed', async () => {
      const metadata = { p: 1 };
      const { a } = await service.create([task('a', URL, { kind: 'twin', metadata })]);
      const dedupe_strategy = [{ kind: 'twin', status: 'Pending', fields: ['p'] }];
      const body = [task('b', URL, { kind: 'twin', metadata, dedupe_strategy })];
      const first = await post('k-nothing', body);
      expect(partsOf(first)).toEqual({ status: 204, text: '', batch: expect.any(String) });
      await service.call('DELETE', `/task/${a}`);
      const again = await post('k-nothing', body);
      expect({ ...partsOf(again), replayed: isReplayed(again) }).toEqual({ ...partsOf(first), replayed: true });
    });

    it('is answered before it is validated, so limits may have changed', async () => {
      const body = [task('a', URL), task('b', URL)];
      const first = await post('k-limits', body);
      expect(partsOf(await post('k-limits', body, replica))).toEqual(partsOf(first));
      expect((await post('k-other-limits', body, replica)).status).toBe(400);
    });

    it.each([
      [
        'the members are in another order',
        '{"tasks":[],"metadata":{"a":1,"b":2}}',
        '{"metadata":{"b":2,"a":1},"tasks":[]}',
      ],
      ['numbers are spelled differently', '{"tasks":[],"metadata":[1.0,10]}', '{"tasks":[], "metadata":[1, 1e1]}'],
    ])('is the same request if %s', async (what, one, other) => {
      const key = `k-${what.replaceAll(' ', '-')}`;
      expect(partsOf(await post(key, other))).toEqual(partsOf(await post(key, one)));
    });

    it.each([
      ['another value', '{"tasks":[],"metadata":{"a":1}}', '{"tasks":[],"metadata":{"a":2}}'],
      ['another order of entries', '{"tasks":[],"metadata":[1,2]}', '{"tasks":[],"metadata":[2,1]}'],
      ['another type', '{"tasks":[],"metadata":[1]}', '{"tasks":[],"metadata":["1"]}'],
      [
        'another exact number',
        '{"tasks":[],"metadata":[9007199254740993]}',
        '{"tasks":[],"metadata":[9007199254740992]}',
      ],
    ])('is refused with %s, and keeps the first answer', async (what, one, other) => {
      const key = `k-${what.replaceAll(' ', '-')}`;
      const first = await post(key, one);
      expect(JSON.parse((await post(key, other)).text)).toMatchObject({
        status: 422,
        detail: 'The Idempotency-Key was used for another request',
      });
      expect(partsOf(await post(key, one))).toEqual(partsOf(first));
    });
  });

  describe('names its key', () => {
    const VISIBLE = String.fromCharCode(...Array.from({ length: 0x7e - 0x21 + 1 }, (_, i) => 0x21 + i));
    const quoted = (key: string) => `"${key.replace(/["\\]/g, '\\$&')}"`;

    it.each([['abc'], ['x'], ['k'.repeat(255)], [VISIBLE]])('bare or quoted: %s', async (key) => {
      const body = newBatch();
      const first = await post(key, body);
      expect(first.status).toBe(201);
      expect(partsOf(await post(quoted(key), body))).toEqual(partsOf(first));
      expect(await keysLike(key.replace(/[\\%_]/g, '\\$&'))).toEqual([key]);
    });

    const LIMIT = 'Idempotency-Key: must have 1 to 255 visible ASCII characters, bare or in quotes';
    const QUOTES = 'Idempotency-Key: must end with a quote if it begins with one, and escape those inside as \\"';
    it.each<[string, string | string[], string]>([
      ['nothing', '', LIMIT],
      ['nothing in quotes', '""', LIMIT],
      ['256 characters', 'k'.repeat(256), LIMIT],
      ['256 characters in quotes', quoted('k'.repeat(256)), LIMIT],
      ['a blank', 'a b', LIMIT],
      ['a blank in quotes', '"a b"', LIMIT],
      ['a tab', 'a\tb', LIMIT],
      ['another character', 'clé', LIMIT],
      ['a lone quote', '"', QUOTES],
      ['no closing quote', '"abc', QUOTES],
      ['a quote inside of quotes', '"a"b"', QUOTES],
      ['an escape of another character', '"a\\b"', QUOTES],
      ['a parameter', '"abc";x=1', QUOTES],
      ['two values', ['abc', 'abc'], 'Idempotency-Key: must be given once'],
    ])('and is refused with %s', async (_what, key, fault) => {
      const body = newBatch();
      const answer = await post(key, body);
      expect({ status: answer.status, details: detailsOf(answer) }).toEqual({ status: 400, details: [fault] });
      expect(await batchesOf(body)).toBe(0);
    });
  });

  describe('that is not valid', () => {
    it('leaves the key free', async () => {
      const { status, text } = await post('k-invalid', [task('a', URL, { name: '' })]);
      expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining('tasks[0].name') });
      expect(await keysLike('k-invalid')).toEqual([]);
      expect((await post('k-invalid', newBatch())).status).toBe(201);
    });

    it.each([
      ['is malformed', '[{'],
      ['is nested too deep', '['.repeat(100_000) + ']'.repeat(100_000)],
      ['cannot be stored', '{"tasks":[],"metadata":"\\u0000"}'],
    ])('gets 400 when its JSON %s, also under a key in use', async (what, body) => {
      const key = `k-json-${what.replaceAll(' ', '-')}`;
      expect((await post(key, body)).status).toBe(400);
      expect((await post(key, [])).status).toBe(204);
      expect((await post(key, body)).status).toBe(400);
    });
  });

  it.each(['batch', 'idempotency_key'])('creates neither tasks nor key when one is refused: %s', async (table) => {
    const body = newBatch();
    const key = `k-refused-${table}`;
    await service.query(`ALTER TABLE ${table} ADD CONSTRAINT refuses CHECK (false) NOT VALID`);
    const refused = await post(key, body).finally(() => service.query(`ALTER TABLE ${table} DROP CONSTRAINT refuses`));
    expect(refused.status).toBe(500);
    expect([await batchesOf(body), await keysLike(key)]).toEqual([0, []]);
    expect(await post(key, body)).toMatchObject({ status: 201 });
    expect([await batchesOf(body), await keysLike(key)]).toEqual([1, [key]]);
  });

  describe('whose key has expired', () => {
    it('is new, and replaces the key', async () => {
      const body = newBatch();
      const first = await post('k-old', body);
      await ageKey('k-old', TTL_HOURS - 1);
      expect(partsOf(await post('k-old', body))).toEqual(partsOf(first));
      await ageKey('k-old', 1);
      const later = newBatch();
      const second = await post('k-old', later);
      expect({ status: second.status, replayed: isReplayed(second) }).toEqual({ status: 201, replayed: false });
      expect(partsOf(second).batch).not.toBe(partsOf(first).batch);
      expect(partsOf(await post('k-old', later))).toEqual(partsOf(second));
      expect((await post('k-old', body)).status).toBe(422);
    });

    /** Adds expired keys, older ones first. */
    const expire = (name: string, count: number) =>
      service.query(
        `INSERT INTO idempotency_key (key, request_hash, status, created_at)
         SELECT $1 || n, '', 204, now() - make_interval(hours => $2, secs => $3 - n) FROM generate_series(1, $3) n`,
        [name, TTL_HOURS, count],
      );

    it('is forgotten with a bounded number of others at once, the oldest first', async () => {
      await provider(service, ExpiredKeysLoop).runOnce();
      await post('k-young', newBatch());
      await ageKey('k-young', TTL_HOURS - 1);
      await expire('k-chunk-', CHUNK + 2);
      expect(await provider(service, ExpiredKeysLoop).runOnce()).toBe(CHUNK);
      expect(await keysLike('k-chunk-%')).toEqual([`k-chunk-${CHUNK + 1}`, `k-chunk-${CHUNK + 2}`]);
      expect(await provider(service, ExpiredKeysLoop).runOnce()).toBe(2);
      expect(await provider(service, ExpiredKeysLoop).runOnce()).toBe(0);
      expect(await keysLike('k-young')).toEqual(['k-young']);
    });

    it('is forgotten by workers without being asked, even without retention', async () => {
      expect(provider(service, SchedulerRegistry).getIntervals()).not.toContain('expired-keys');
      await expire('k-asleep-', CHUNK + 1);
      await startReplica(service, { RETENTION_ENABLED: '0', IDEMPOTENCY_KEY_TTL_HOURS: String(TTL_HOURS) });
      await eventually(async () => expect(await keysLike('k-asleep-%')).toEqual([]));
    });
  });
});

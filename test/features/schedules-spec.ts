import { ASLEEP, startService, useReceiver, useService } from '../support/fixture';
import { hourly, makeScheduleDue, type Schedule, schedulesOf } from '../support/schedules';
import { openTransaction, untilWaiting } from '../support/locks';
import { task, webhook } from '../support/service';

describe('Schedules', () => {
  const receiver = useReceiver();
  // Nothing fires except what is due or a test makes due.
  const service = useService(ASLEEP);
  const START = receiver.url('/start');
  const { put, schedule, fire } = schedulesOf(service, START);

  describe('are kept', () => {
    it('as they are put, with defaults for what is left out', async () => {
      const batch = { tasks: [task('a', START)], scope: 'nightly' };
      const { status, body } = await put('defaults', { cron: '30 2 * * *', timezone: 'Europe/Berlin', batch });
      expect([status, body]).toEqual([
        201,
        {
          name: 'defaults',
          cron: '30 2 * * *',
          timezone: 'Europe/Berlin',
          overlap: 'allow',
          catch_up: 'one',
          starts_at: null,
          ends_at: null,
          jitter_secs: 0,
          paused: false,
          created_at: expect.any(String) as string,
          updated_at: expect.any(String) as string,
          next_due_at: body.next[0],
          last_firing: null,
          batch,
          next: expect.any(Array) as string[],
          last: [],
        },
      ]);
      expect(body.next).toHaveLength(5);
      expect(await service.call('GET', '/schedule/defaults')).toMatchObject({ status: 200, body });
    });

    it('until they are removed, with the records of their firings', async () => {
      const name = await schedule();
      await fire(name);
      expect(await service.call('DELETE', `/schedule/${name}`)).toMatchObject({ status: 200, body: undefined });
      expect((await put(name)).body.last).toEqual([]);
    });

    it('until they are removed, and leave no record of a firing that is under way', async () => {
      const name = await schedule();
      const release = await openTransaction(service, 'LOCK TABLE batch IN SHARE MODE');
      const run = service.call('POST', `/schedule/${name}/run`);
      await untilWaiting(service, 1);
      const removal = service.call('DELETE', `/schedule/${name}`);
      await untilWaiting(service, 2);
      await release();
      expect([(await run).status, (await removal).status]).toEqual([201, 200]);
      expect((await put(name)).body.last).toEqual([]);
    });

    it('by name, and listed in its order, page by page', async () => {
      for (const name of ['z.last', 'Z-first', 'z_middle']) await put(name, { paused: true });
      const { body } = await service.call<Schedule[]>('GET', '/schedule?page_size=100');
      const listed = body.map(({ name }) => name);
      expect(listed).toEqual([...listed].sort());
      expect(listed).toEqual(expect.arrayContaining(['Z-first', 'z.last', 'z_middle']));
      const page = await service.call<Schedule[]>('GET', '/schedule?page_size=1&page=1');
      expect(page.body).toEqual([body[1]]);
      expect(body[0]).not.toHaveProperty('batch');
    });

    it('with the numbers of their metadata to the last digit', async () => {
      const name = 'digits';
      const text = JSON.stringify({ cron: hourly(), batch: { tasks: [], metadata: { n: 'N' } } }).replace(
        '"N"',
        '1.10',
      );
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${service.url}/schedule/${name}`, { method: 'PUT', body: text, headers });
      expect(await answer.text()).toContain('"metadata":{"n":1.10}');
    });

    it('and shown without secrets, if tokens are required', async () => {
      const guarded = await startService({ ...ASLEEP, AUTH_TOKEN: 'a-token-of-at-least-32-characters' });
      guarded.token = 'a-token-of-at-least-32-characters';
      const secret = webhook(receiver.url('/start?key=secret'), { headers: { Authorization: 'secret' } });
      const on_start = { on_start: secret, on_success: [secret], on_failure: [secret] };
      for (const batch of [
        [task('a', START, on_start)],
        { tasks: [task('a', START, on_start)], on_batch_complete: [secret] },
      ]) {
        const { status, body } = await guarded.call('PUT', '/schedule/a', { cron: hourly(), batch });
        expect(status).toBeLessThan(300);
        expect(JSON.stringify(body)).not.toContain('secret');
        expect(JSON.stringify(body)).toContain('***');
      }
    });
  });

  describe('that are replaced', () => {
    const OTHER = { cron: '0 0 1 1 *' };

    it('keep the next due time and the firings if the time is the same', async () => {
      const cron = hourly();
      const name = await schedule({ cron, jitter_secs: 100 });
      await fire(name);
      const moment = `SELECT next_due_at, fire_at FROM schedule WHERE name = '${name}'`;
      // Not a time that the expression gives, so that it is seen to be kept.
      await service.query(
        `UPDATE schedule SET next_due_at = now() + interval '1 hour', fire_at = now() + interval '1 hour' WHERE name = '${name}'`,
      );
      const before = await service.query(moment);
      const { status, body } = await put(name, { cron, jitter_secs: 100, overlap: 'skip', batch: [] });
      expect([status, body.overlap, body.batch]).toEqual([200, 'skip', []]);
      expect(await service.query(moment)).toEqual(before);
      expect(body.last).toHaveLength(1);
    });

    it.each([
      ['cron', OTHER],
      ['timezone', { ...OTHER, timezone: 'Asia/Tokyo' }],
      ['starts_at', { ...OTHER, starts_at: '2100-01-01T00:00:00+00:00' }],
      ['ends_at', { ...OTHER, ends_at: '2020-01-01T00:00:00Z' }],
    ])('have a new due time if the %s is another', async (field, rest) => {
      const name = await schedule(field === 'cron' ? {} : OTHER);
      const year = new Date().getUTCFullYear() + 1;
      const expected = {
        cron: `${year}-01-01T00:00:00.000Z`,
        timezone: `${year - 1}-12-31T15:00:00.000Z`,
        starts_at: '2100-01-01T00:00:00.000Z',
        ends_at: null,
      };
      await makeScheduleDue(service, name, -3600);
      await service.query(`UPDATE schedule SET fire_at = next_due_at WHERE name = $1`, [name]);
      const { body } = await put(name, rest);
      expect(body.next_due_at).toBe(expected[field as keyof typeof expected]);
    });

    it('are as paused as the request says', async () => {
      const name = await schedule({ paused: true });
      await makeScheduleDue(service, name, 60);
      expect((await put(name, { paused: true })).body).toMatchObject({ paused: true, next: [] });
      const { body } = await put(name);
      expect(body).toMatchObject({ paused: false, last: [] });
      expect(Date.parse(body.next_due_at!)).toBeGreaterThan(Date.now());
    });
  });

  describe('are refused', () => {
    const VALID = { cron: '@daily', batch: [task('a', START)] };

    it.each([
      ['a wrong field', { cron: '61 * * * *' }, 'cron: must have a valid field for minutes, not 61'],
      ['a day that never comes', { cron: '0 0 30 2 *' }, 'cron: must come due at some time'],
      ['a long expression', { cron: `0${' '.repeat(255)}0 * * *` }, 'cron: must be a text of at most 255 characters'],
      ['no expression', { cron: undefined }, 'cron: must be a text of at most 255 characters'],
      ['an unknown zone', { timezone: 'Europe/Atlantis' }, 'timezone: must be an IANA time zone, like Europe/Berlin'],
      ['an offset for a zone', { timezone: '+02:00' }, 'timezone: must be an IANA time zone, like Europe/Berlin'],
      ['an unknown overlap', { overlap: 'queue' }, 'overlap: must be one of allow, skip, stop_previous'],
      ['an unknown catch_up', { catch_up: 'some' }, 'catch_up: must be one of none, one, all'],
      ['too much jitter', { jitter_secs: 3601 }, 'jitter_secs: must be between 0 and 3600'],
      ['a pause that is no boolean', { paused: 'yes' }, 'paused: must be true or false'],
      [
        'a time without a zone',
        { starts_at: '2026-01-01T00:00:00' },
        'starts_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
      ],
      [
        'an end before the start',
        { starts_at: '2026-01-02T00:00:00Z', ends_at: '2026-01-02T00:00:00+01:00' },
        'ends_at: must be after starts_at',
      ],
      ['no batch', { batch: undefined }, 'batch: must be an array of tasks, or an object with tasks'],
      ['a batch without tasks', { batch: {} }, 'batch.tasks: must be an array of tasks'],
      [
        'a wrong task',
        { batch: [task('a', START, { timeout: 0 })] },
        'batch.tasks[0].timeout: must be between 1 and 86400',
      ],
      [
        'a wrong task in an object',
        { batch: { tasks: [task('a', START, { dependencies: [{ id: 'b', requires_success: true }] })] } },
        expect.stringMatching(/^batch\.tasks\[0\]\.dependencies\[0\]/),
      ],
      [
        'metadata that is no object',
        { batch: { tasks: [], metadata: [1] } },
        'batch.metadata: must be an object, as it gains schedule and due_at',
      ],
      [
        'metadata with no room',
        { batch: { tasks: [], metadata: { text: 'x'.repeat(65_500) } } },
        'batch.metadata: must be at most 65536 bytes of JSON',
      ],
    ])('with %s', async (_, rest, fault) => {
      const { status, body } = await service.call('PUT', '/schedule/refused', { ...VALID, ...rest });
      expect({ status, details: (body as { details: string[] }).details }).toEqual({ status: 400, details: [fault] });
      expect((await service.call('GET', '/schedule/refused')).status).toBe(404);
    });

    it('with values that a schedule was shown with instead of secrets', async () => {
      const secret = webhook(receiver.url('/start?key=***&page=1'), { headers: { Authorization: '***', Accept: '*' } });
      const batch = {
        tasks: [task('a', START), task('b', START, { on_failure: [secret] })],
        on_batch_complete: [secret],
      };
      const { status, body } = await service.call<{ details: string[] }>('PUT', '/schedule/refused', {
        ...VALID,
        batch,
      });
      const faults = ['url', 'headers.Authorization'].map(
        (path) => `params.${path}: is redacted (***); send the value`,
      );
      const actions = ['batch.on_batch_complete[0]', 'batch.tasks[1].on_failure[0]'];
      expect([status, body.details]).toEqual([
        400,
        actions.flatMap((action) => faults.map((fault) => `${action}.${fault}`)),
      ]);
    });

    it('with every fault at once', async () => {
      const { body } = await service.call('PUT', '/schedule/refused', { cron: 'x', batch: [{}], overlap: 'x' });
      const details = (body as { details: string[] }).details.map((detail) => detail.split(':')[0]);
      expect(details).toEqual(
        expect.arrayContaining(['cron', 'overlap', 'batch.tasks[0].id', 'batch.tasks[0].on_start']),
      );
    });

    it.each([['a b'], ['a%2Fb'], ['ä'], ['a'.repeat(101)]])('with the name %s', async (name) => {
      const { status, body } = await service.call('PUT', `/schedule/${name}`, VALID);
      expect({ status, body: body as object }).toMatchObject({
        status: 400,
        body: { details: ['name: must have 1 to 100 of the characters A-Z a-z 0-9 . _ -'] },
      });
    });

    it.each([
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/run'],
      ['POST', '/pause'],
      ['POST', '/resume'],
    ])('by %s %s if there is none of that name', async (method, path) => {
      const answer = await service.call(method, `/schedule/nothing${path}`);
      expect(answer).toMatchObject({ status: 404, body: { error: 'Schedule nothing not found' } });
    });
  });
});

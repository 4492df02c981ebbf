import { ScheduleLoop } from '../../src/schedule/schedule.loop';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { Scrape } from '../support/scrape';
import { fireAll, type Firing, makeScheduleDue, missHours, type Schedule, schedulesOf } from '../support/schedules';
import { provider, task, webhook } from '../support/service';

describe('Firings of schedules', () => {
  const receiver = useReceiver();
  // Nothing fires except what is due or a test makes due.
  const service = useService(ASLEEP);
  const START = receiver.url('/start');
  const { get, schedule, fire, recorded } = schedulesOf(service, START);
  const tasksOf = (batch: string | null) =>
    service.query<{ id: string; status: string; failure_reason: string | null }>(
      'SELECT id, status, failure_reason FROM task WHERE batch_id = $1',
      [batch],
    );
  const running = async (batch: string | null): Promise<string> => {
    const [{ id }] = await tasksOf(batch);
    await untilRunning(service, id);
    return id;
  };

  describe('that are due', () => {
    it('create their batch by themselves, and say so in its metadata', async () => {
      const batch = { tasks: [task('a', receiver.url('/due'))], metadata: { own: true } };
      const name = await schedule({ cron: '* * * * * *', batch });
      await receiver.waitFor(1, '/due');
      await service.call('POST', `/schedule/${name}/pause`);
      const { last } = await get(name);
      const firing = last[last.length - 1];
      expect(firing).toMatchObject({ status: 'fired', reason: null, manual: false });
      const stats = await service.call('GET', `/batch/${firing.batch_id}`);
      expect(stats.body).toMatchObject({ metadata: { own: true, schedule: name, due_at: firing.due_at } });
      expect(firing.due_at).toMatch(/:\d\d\.000Z$/);
    });

    it('create the same batch from a bare array of tasks', async () => {
      const name = await schedule();
      const { batch_id, due_at } = await fire(name);
      const { body } = await service.call('GET', `/batch/${batch_id}`);
      expect(body).toMatchObject({ total_tasks: 1, metadata: { schedule: name, due_at } });
    });

    it('call the webhook of a batch without tasks', async () => {
      const name = await schedule({ batch: { tasks: [], on_batch_complete: [webhook(receiver.url('/complete'))] } });
      const firing = await fire(name);
      expect(firing).toMatchObject({ status: 'fired', batch_id: expect.any(String) as string });
      const [call] = await receiver.waitFor(1, '/complete');
      expect(JSON.stringify(call.body)).toContain(firing.batch_id);
    });

    it('say why nothing was created', async () => {
      const again = task('a', START, {
        kind: 'only-once',
        dedupe_strategy: [{ kind: 'only-once', status: 'Running', fields: [] }],
      });
      const name = await schedule({ batch: [again] });
      await running((await fire(name)).batch_id);
      expect(await fire(name)).toMatchObject({
        status: 'fired',
        batch_id: null,
        reason: 'Nothing was created: the batch is empty, or all of its tasks are duplicates',
      });
    });

    it('are counted by what came of them, and by how late that was', async () => {
      const before = await Scrape.of(service);
      await fire(await schedule());
      const after = await Scrape.of(service);
      const grown = (name: string, labels = {}) => after.sum(name, labels) - before.sum(name, labels);
      expect(grown('hookline_schedule_firings_total', { outcome: 'fired' })).toBe(1);
      expect(grown('hookline_schedule_lag_seconds_count')).toBe(1);
    });
  });

  describe('whose previous batch is unfinished', () => {
    it('create the next one all the same with overlap "allow"', async () => {
      const name = await schedule();
      const first = await fire(name);
      const second = await fire(name);
      await Promise.all([running(first.batch_id), running(second.batch_id)]);
    });

    it('skip the due time with overlap "skip"', async () => {
      const name = await schedule({ overlap: 'skip' });
      const first = await fire(name);
      const id = await running(first.batch_id);
      expect(await fire(name)).toMatchObject({
        status: 'skipped',
        batch_id: null,
        reason: 'The previous batch has unfinished tasks',
      });
      await service.succeed(id);
      expect(await fire(name)).toMatchObject({ status: 'fired', batch_id: expect.any(String) as string });
    });

    it('stop it with overlap "stop_previous"', async () => {
      const name = await schedule({ overlap: 'stop_previous' });
      const first = await fire(name);
      await running(first.batch_id);
      const second = await fire(name);
      expect(await tasksOf(first.batch_id)).toMatchObject([{ status: 'Canceled', failure_reason: 'Batch stopped' }]);
      await running(second.batch_id);
    });

    it('replace its tasks with overlap "stop_previous", although they would be duplicates of them', async () => {
      const dedupe_strategy = [{ kind: 'replaced', status: 'Running', fields: [] }];
      const batch = [task('a', START, { kind: 'replaced', dedupe_strategy })];
      const name = await schedule({ overlap: 'stop_previous', batch });
      const first = await fire(name);
      await running(first.batch_id);
      const second = await fire(name);
      expect(await tasksOf(first.batch_id)).toMatchObject([{ status: 'Canceled' }]);
      await running(second.batch_id);
    });
  });

  describe('that missed due times', () => {
    const hoursOf = (last: { due_at: Date }[]) => last.map(({ due_at }) => due_at.getTime() / 3_600_000);
    /** Creates a schedule that was not fired for some hours; returns its name and its next regular due time in hours. */
    const missed = async (catch_up: string, hours: number) => {
      const name = await schedule({ catch_up, batch: [] });
      const next = Date.parse((await get(name)).next_due_at!) / 3_600_000;
      await missHours(service, name, hours);
      await fireAll(service);
      expect(Date.parse((await get(name)).next_due_at!) / 3_600_000).toBe(next);
      return { name, next };
    };

    it('fire none of them with catch_up "none"', async () => {
      const { name } = await missed('none', 3);
      expect(await recorded(name)).toEqual([]);
    });

    it('fire the last one with catch_up "one"', async () => {
      const { name, next } = await missed('one', 3);
      expect(hoursOf(await recorded(name))).toEqual([next - 1]);
    });

    it('fire all of them with catch_up "all", oldest first', async () => {
      const { name, next } = await missed('all', 3);
      expect(hoursOf(await recorded(name))).toEqual([next - 3, next - 2, next - 1]);
    });

    it('fire the last hundred with catch_up "all", and keep as many records', async () => {
      const { name, next } = await missed('all', 150);
      expect(hoursOf(await recorded(name))).toEqual(Array.from({ length: 100 }, (_, n) => next - 100 + n));
      const { last } = await get(name);
      expect(last).toHaveLength(10);
      await fire(name);
      expect(await recorded(name)).toHaveLength(100);
    });
  });

  describe('that are paused', () => {
    it('fire nothing, and go on after the due times of the pause', async () => {
      const name = await schedule({ catch_up: 'all' });
      const pause = await service.call<Schedule>('POST', `/schedule/${name}/pause`);
      expect(pause).toMatchObject({ status: 200, body: { paused: true, next: [], next_due_at: null } });
      await missHours(service, name, 3);
      await fireAll(service);
      const resumed = await service.call<Schedule>('POST', `/schedule/${name}/resume`);
      expect(resumed).toMatchObject({ status: 200, body: { paused: false, last: [] } });
      expect(Date.parse(resumed.body.next_due_at!)).toBeGreaterThan(Date.now());
    });

    it('wake at the first due time after they are resumed', async () => {
      const name = await schedule({ cron: '* * * * * *', paused: true, batch: [] });
      await service.call('POST', `/schedule/${name}/resume`);
      await eventually(async () => expect((await get(name)).last.length).toBeGreaterThan(0));
      await service.call('POST', `/schedule/${name}/pause`);
    });
  });

  describe('of manual runs', () => {
    const run = (name: string) => service.call<Firing>('POST', `/schedule/${name}/run`);

    it('create their batch at once, even while the schedule is paused', async () => {
      const name = await schedule({ paused: true });
      const { status, body } = await run(name);
      expect({ status, body }).toMatchObject({ status: 201, body: { status: 'fired', manual: true, reason: null } });
      const stats = await service.call('GET', `/batch/${body.batch_id}`);
      expect(stats.body).toMatchObject({ metadata: { schedule: name, due_at: body.due_at } });
      expect(await get(name)).toMatchObject({ paused: true, last: [body] });
    });

    it('are refused with overlap "skip" while the previous batch is unfinished', async () => {
      const name = await schedule({ overlap: 'skip' });
      const { batch_id } = (await run(name)).body;
      const id = await running(batch_id);
      expect(await run(name)).toMatchObject({
        status: 409,
        body: { error: 'The previous batch has unfinished tasks', unfinished_batch_id: batch_id },
      });
      expect((await get(name)).last).toHaveLength(1);
      await service.succeed(id);
      expect((await run(name)).status).toBe(201);
    });

    it('are recorded, although there was another one in the same millisecond', async () => {
      const name = await schedule({ batch: [] });
      await service.query(
        `INSERT INTO schedule_firing (schedule, due_at, manual, status)
         SELECT $1, date_trunc('milliseconds', now()) + n * interval '1 ms', true, 'fired'
         FROM generate_series(0, 20000) AS n`,
        [name],
      );
      const { status, body } = await run(name);
      expect({ status, body }).toMatchObject({ status: 201, body: { status: 'fired', manual: true } });
      expect(await recorded(name)).toHaveLength(100);
    });

    it('leave the next due time as it is', async () => {
      const name = await schedule();
      const { next } = await get(name);
      await run(name);
      expect((await get(name)).next).toEqual(next);
    });
  });

  describe('with jitter', () => {
    it('are fired up to that time later, under their nominal due time', async () => {
      const name = await schedule({ jitter_secs: 3600, catch_up: 'none' });
      const [{ delay }] = await service.query<{ delay: number }>(
        `SELECT extract(epoch FROM fire_at - next_due_at)::float AS delay FROM schedule WHERE name = $1`,
        [name],
      );
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThan(3600);
      await makeScheduleDue(service, name, 1800);
      await fireAll(service);
      const [{ due_at, fired_at, status }] = (await get(name)).last;
      expect(status).toBe('fired');
      expect(Date.parse(fired_at) - Date.parse(due_at)).toBeGreaterThanOrEqual(1_800_000);
    });
  });

  describe('that cannot be fired', () => {
    /** Fires a schedule together with another one; returns what came of both. */
    const fireBoth = async (name: string) => {
      const other = await schedule();
      await makeScheduleDue(service, name);
      await makeScheduleDue(service, other);
      await fireAll(service);
      expect((await get(other)).last).toMatchObject([{ status: 'fired' }]);
      const { last, next_due_at } = await get(name);
      expect(Date.parse(next_due_at!)).toBeGreaterThan(Date.now());
      return last;
    };

    it('record why, if the batch is no longer valid, and keep no other from being fired', async () => {
      const name = await schedule();
      await service.query(`UPDATE schedule SET batch = '[{"id": "a"}]' WHERE name = $1`, [name]);
      const [failed] = await fireBoth(name);
      expect(failed).toMatchObject({ status: 'failed', batch_id: null });
      const fault = /^The batch of the schedule is no longer valid: batch\.tasks\[0\]\.name: must be a non-blank text/;
      expect(failed.reason).toMatch(fault);
      const { status, body } = await service.call<{ error: string; details: string[] }>(
        'POST',
        `/schedule/${name}/run`,
      );
      expect([status, body.error]).toEqual([409, 'The batch of the schedule is no longer valid']);
      expect(body.details[0]).toMatch(/^batch\.tasks\[0\]\.name: /);
    });

    it('say that the log has the reason, if the database refuses the batch, and keep no other from being fired', async () => {
      const name = await schedule({ batch: { tasks: [task('a', START)], scope: 'refused' } });
      await service.query(`ALTER TABLE batch ADD CONSTRAINT no_refused CHECK (scope <> 'refused')`);
      const [failed] = await fireBoth(name);
      expect(failed).toMatchObject({ status: 'failed', batch_id: null });
      expect(failed.reason).toBe('The batch could not be created: internal error; the log has the details');
    });

    it('are tried again, if the database may accept them later, and keep no other from being fired', async () => {
      const [name, other] = [await schedule(), await schedule()];
      await service.query(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'canceled' USING ERRCODE = 'query_canceled'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON schedule_firing FOR EACH ROW WHEN (NEW.schedule = '${name}')
           EXECUTE FUNCTION refuse()`,
      );
      await makeScheduleDue(service, name);
      const loop = provider(service, ScheduleLoop);
      await loop.runOnce();
      await makeScheduleDue(service, other);
      await loop.runOnce();
      expect((await get(other)).last).toMatchObject([{ status: 'fired' }]);
      expect((await get(name)).last).toEqual([]);
      await service.query('DROP TRIGGER refuse ON schedule_firing');
      await fireAll(service);
      expect((await get(name)).last).toMatchObject([{ status: 'fired' }]);
    });
  });
});

import { ScheduleLoop } from '../../src/schedule/schedule.loop';
import { eventually } from './poll';
import { type Answer, provider, type Service, task } from './service';

export interface Firing {
  due_at: string;
  fired_at: string;
  status: 'fired' | 'skipped' | 'failed';
  batch_id: string | null;
  reason: string | null;
  manual: boolean;
}

/** A schedule as far as tests read it. */
export interface Schedule {
  name: string;
  next: string[];
  last: Firing[];
  next_due_at: string | null;
  [field: string]: unknown;
}

/** Returns a cron expression that is due every hour, half an hour from now, so that nothing is due during a test. */
export const hourly = (): string => `${(new Date().getUTCMinutes() + 30) % 60} * * * *`;

export const scheduleOf = async (service: Service, name: string): Promise<Schedule> =>
  (await service.call<Schedule>('GET', `/schedule/${name}`)).body;

/** Makes a schedule due now, `secsLate` after its nominal time. */
export async function makeScheduleDue(service: Service, name: string, secsLate = 0): Promise<void> {
  await service.query(
    'UPDATE schedule SET next_due_at = now() - make_interval(secs => $2), fire_at = now() WHERE name = $1',
    [name, secsLate],
  );
}

/** Moves the due time of a schedule into the past, as if the service had been away. */
export async function missHours(service: Service, name: string, hours: number): Promise<void> {
  await service.query(
    `UPDATE schedule SET next_due_at = next_due_at - make_interval(hours => $2),
       fire_at = fire_at - make_interval(hours => $2) WHERE name = $1`,
    [name, hours],
  );
}

/** Fires what is due, until no schedule is. */
export async function fireAll(service: Service): Promise<void> {
  await eventually(async () => {
    while ((await provider(service, ScheduleLoop).runOnce()) > 0);
    expect(await service.query('SELECT name FROM schedule WHERE NOT paused AND fire_at <= now()')).toEqual([]);
  });
}

/** Puts schedules that are not due during a test, and fires them when told to. */
export function schedulesOf(service: Service, startUrl: string) {
  let names = 0;
  const get = (name: string) => scheduleOf(service, name);
  const put = (name: string, rest: object = {}): Promise<Answer<Schedule>> =>
    service.call('PUT', `/schedule/${name}`, { cron: hourly(), batch: [task('a', startUrl)], ...rest });
  return {
    get,
    put,

    /** Creates a schedule; returns its name. */
    schedule: async (rest: object = {}): Promise<string> => {
      const name = `schedule-${++names}`;
      expect((await put(name, rest)).status).toBe(201);
      return name;
    },

    /** Returns all records of a schedule, oldest first. */
    recorded: (name: string) =>
      service.query<{ due_at: Date; status: string }>(
        'SELECT due_at, status FROM schedule_firing WHERE schedule = $1 ORDER BY fired_at',
        [name],
      ),

    /** Makes a schedule due and fires it; returns the record. */
    fire: async (name: string): Promise<Firing> => {
      await makeScheduleDue(service, name);
      await fireAll(service);
      return (await get(name)).last[0];
    },
  };
}

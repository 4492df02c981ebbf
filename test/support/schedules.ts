import { ScheduleLoop } from '../../src/schedule/schedule.loop';
import { eventually } from './poll';
import { provider, type Service } from './service';

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

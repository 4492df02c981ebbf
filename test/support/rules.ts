import { eventually } from './poll';
import type { Service } from './service';

/** Returns a rule that admits `max` tasks of a kind, or `max` for each combination of values in metadata fields. */
export const concurrency = (kind: string, max = 1, fields: string[] = [], status = 'Running') => ({
  type: 'Concurrency',
  max_concurrency: max,
  matcher: { kind, status, fields },
});

/** Returns a rule that admits tasks of a kind while others have less than `max` items left. */
export const capacity = (kind: string, max = 1, fields: string[] = []) => ({
  type: 'Capacity',
  max_capacity: max,
  matcher: { kind, status: 'Running', fields },
});

/** Returns a rule that admits no task, as none has the field that it names. */
export const blocking = (kind: string) => concurrency(kind, 1, ['missing']);

/** Waits until rules block these tasks. */
export const untilBlocked = (service: Service, ...ids: string[]) =>
  eventually(async () => {
    const blocked = `SELECT id FROM task WHERE id = ANY ($1::uuid[]) AND status = 'Pending' AND blocked_by IS NOT NULL`;
    expect(await service.query(blocked, [ids])).toHaveLength(ids.length);
  });

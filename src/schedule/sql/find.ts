import { statement } from '../../database/statement';
import type { Timing } from '../due-times';
import type { CatchUp, Overlap } from '../options';
import type { FiringRow } from './firing';

export interface ScheduleRow extends Timing {
  name: string;
  created_at: Date;
  updated_at: Date;
  overlap: Overlap;
  catch_up: CatchUp;
  jitter_secs: number;
  paused: boolean;
  next_due_at: Date | null;
}

/** The last firing of a listed schedule; all fields are null if it has none. */
type LastFiring = { [Field in keyof FiringRow]: FiringRow[Field] | null };

const FIELDS = `s.name, s.created_at, s.updated_at, s.cron, s.timezone, s.starts_at, s.ends_at, s.overlap, s.catch_up,
     s.jitter_secs, s.paused, s.next_due_at`;

const list = (name: string, order: string) =>
  statement<[limit: number, offset: number], ScheduleRow & LastFiring>(
    name,
    `SELECT ${FIELDS}, f.due_at, f.fired_at, f.status, f.batch_id, f.reason, f.manual
   FROM schedule s LEFT JOIN LATERAL (
     SELECT * FROM schedule_firing f WHERE f.schedule = s.name ORDER BY f.fired_at DESC, f.id DESC LIMIT 1
   ) f ON true
   ORDER BY ${order}
   LIMIT $1 OFFSET $2`,
  );

/** Statements for a page of schedules, by `sort`. By `next_due_at`, paused schedules and those never due again come last. */
export const LISTS_OF_SCHEDULES = {
  name: list('schedule-list', 's.name'),
  next_due_at: list('schedule-list-by-due', 'CASE WHEN NOT s.paused THEN s.next_due_at END, s.name'),
};

export type ScheduleSort = keyof typeof LISTS_OF_SCHEDULES;
export const SCHEDULE_SORTS = Object.keys(LISTS_OF_SCHEDULES) as ScheduleSort[];

/** Returns one schedule with its batch. */
export const findSchedule = statement<[name: string], ScheduleRow & { batch: unknown }>(
  'schedule-find',
  `SELECT ${FIELDS}, s.batch FROM schedule s WHERE s.name = $1`,
);

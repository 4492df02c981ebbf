import { MigrationInterface, QueryRunner } from 'typeorm';

/** Schedules, which create a batch at each of their due times, and the results of the last of these. */
export class Schedule1764600000002 implements MigrationInterface {
  name = 'Schedule1764600000002';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE schedule (
        -- In the order of bytes, which no locale of the server changes.
        name text COLLATE "C" PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        cron text NOT NULL,
        timezone text NOT NULL,
        starts_at timestamptz,
        ends_at timestamptz,
        overlap text NOT NULL CHECK (overlap IN ('allow', 'skip', 'stop_previous')),
        catch_up text NOT NULL CHECK (catch_up IN ('none', 'one', 'all')),
        jitter_secs integer NOT NULL CHECK (jitter_secs >= 0),
        paused boolean NOT NULL,
        -- As its creator sent it.
        batch json NOT NULL,
        -- Null if it never comes due again.
        next_due_at timestamptz,
        -- The next due time and its share of the jitter.
        fire_at timestamptz,
        -- No due time up to this one is ever fired again.
        last_due_at timestamptz,
        last_batch_id uuid,
        CHECK ((next_due_at IS NULL) = (fire_at IS NULL))
      ) WITH (fillfactor = 70);
      CREATE INDEX schedule_fire_at ON schedule (fire_at) WHERE NOT paused;

      CREATE TABLE schedule_firing (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        schedule text COLLATE "C" NOT NULL REFERENCES schedule ON DELETE CASCADE,
        due_at timestamptz NOT NULL,
        manual boolean NOT NULL,
        fired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        status text NOT NULL CHECK (status IN ('fired', 'skipped', 'failed')),
        batch_id uuid,
        reason text
      );
      -- Makes it impossible to fire a due time twice.
      CREATE UNIQUE INDEX schedule_firing_once ON schedule_firing (schedule, due_at) WHERE NOT manual;
      CREATE INDEX schedule_firing_latest ON schedule_firing (schedule, fired_at DESC, id DESC);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE schedule_firing, schedule');
  }
}

import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Attempts and delays. `attempt`, `run_at` and `retry` are as old as their tables, but were not used.
 * - A delayed task is outside of the index that claims read, until its time has come.
 * - The current attempt is in the row of its task; those that are over move to `task_attempt`, with the cancel actions that
 *   must still be sent.
 * - A notification is about one attempt, and has its handle and keys.
 */
export class AttemptsAndDelays1764600000000 implements MigrationInterface {
  name = 'AttemptsAndDelays1764600000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE task
        -- Seconds to wait once all parents have ended; it becomes run_at then.
        ADD COLUMN delay_secs integer CHECK (delay_secs >= 0),
        -- Kept out of the queue until run_at.
        ADD COLUMN delayed boolean NOT NULL DEFAULT false CHECK (NOT delayed OR run_at IS NOT NULL);
      DROP INDEX task_pending;
      CREATE INDEX task_pending ON task (priority DESC, created_at, id)
        WHERE status = 'Pending' AND blocked_by IS NULL AND NOT delayed;
      CREATE INDEX task_delayed ON task (run_at) WHERE status = 'Pending' AND delayed;
      CREATE INDEX task_retried ON task (attempt) WHERE attempt > 1;

      ALTER TABLE task_definition
        ADD COLUMN local_id text,
        ADD COLUMN result json,
        -- A row with something else would keep all failing tasks from ending. Not checked for old rows, which have none.
        ADD CONSTRAINT task_definition_retry_check CHECK (retry IS NULL OR COALESCE(
          json_typeof(retry -> 'max_attempts') = 'number' AND json_typeof(retry -> 'delay_secs') = 'number'
          AND json_typeof(retry -> 'factor') = 'number' AND json_typeof(retry -> 'max_delay_secs') = 'number'
          AND json_typeof(retry -> 'jitter') = 'number' AND json_typeof(retry -> 'on') = 'array', false)) NOT VALID;

      CREATE TABLE task_attempt (
        task_id uuid NOT NULL,
        attempt integer NOT NULL,
        status task_status NOT NULL,
        started_at timestamptz,
        ended_at timestamptz NOT NULL,
        failure_reason text,
        success integer NOT NULL,
        failures integer NOT NULL,
        on_cancel json CHECK (json_typeof(on_cancel) = 'array'),
        PRIMARY KEY (task_id, attempt)
      );

      ALTER TABLE outbox ADD COLUMN attempt integer NOT NULL DEFAULT 1;
      CREATE INDEX outbox_cancel ON outbox (task_id) WHERE notice = 'cancel';
      ALTER TABLE delivery ADD COLUMN attempt integer NOT NULL DEFAULT 1;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE delivery DROP COLUMN attempt;
      ALTER TABLE outbox DROP COLUMN attempt;
      DROP INDEX outbox_cancel;
      DROP TABLE task_attempt;
      ALTER TABLE task_definition DROP CONSTRAINT task_definition_retry_check, DROP COLUMN local_id,
        DROP COLUMN result;
      DROP INDEX task_retried, task_delayed, task_pending;
      ALTER TABLE task DROP COLUMN delayed, DROP COLUMN delay_secs;
      CREATE INDEX task_pending ON task (priority DESC, created_at, id) WHERE status = 'Pending' AND blocked_by IS NULL;
    `);
  }
}

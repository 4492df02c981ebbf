import { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds failed tasks that are root causes beside any number of consequences. */
export class RootCauses1765010000002 implements MigrationInterface {
  name = 'RootCauses1765010000002';

  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `CREATE INDEX task_root_cause ON task (ended_at, id)
       WHERE status IN ('Failure', 'Canceled')
         AND coalesce(failure_reason, '') NOT IN ('All child tasks already terminated', 'Batch stopped')
         AND coalesce(failure_reason, '') NOT LIKE 'Parent task ____________________________________ did not succeed'`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX task_root_cause');
  }
}

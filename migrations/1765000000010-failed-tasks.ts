import { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists failed and canceled tasks by their end. Tasks that succeed have no entry, so they cost nothing. */
export class FailedTasks1765000000010 implements MigrationInterface {
  name = 'FailedTasks1765000000010';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE INDEX task_failed ON task (ended_at, id) WHERE status IN ('Failure', 'Canceled')`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX task_failed');
  }
}

import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The trace of the creating request (W3C `traceparent` and `tracestate`), which is sent on with all calls about a task.
 * Most requests have none, and a column without a value takes no room (docs/adr/0014). Replicas of the version before
 * neither write nor read it: a task that they create has no trace, and one that they call for tells of none.
 */
export class TaskTrace1764150000000 implements MigrationInterface {
  name = 'TaskTrace1764150000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE task_definition ADD COLUMN trace json');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE task_definition DROP COLUMN trace');
  }
}

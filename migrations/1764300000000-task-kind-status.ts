import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Leads to the tasks of a kind and state, which rules count and deduplication looks for. Without it, every decision about a
 * rule on `Pending` read the whole table, with all that has ended.
 */
export class TaskKindStatus1764300000000 implements MigrationInterface {
  name = 'TaskKindStatus1764300000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('CREATE INDEX task_kind_status ON task (kind, status)');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX task_kind_status');
  }
}

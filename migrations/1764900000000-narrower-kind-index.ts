import { MigrationInterface, QueryRunner } from 'typeorm';

/** `Running` tasks of a kind are found in `task_active`; without them here, the start of a task writes one entry less. */
export class NarrowerKindIndex1764900000000 implements MigrationInterface {
  name = 'NarrowerKindIndex1764900000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX task_kind_status;
      CREATE INDEX task_kind_status ON task (kind, status) WHERE status <> 'Running'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX task_kind_status;
      CREATE INDEX task_kind_status ON task (kind, status)`);
  }
}

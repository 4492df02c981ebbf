import { MigrationInterface, QueryRunner } from 'typeorm';

/** The same for tasks; one table a migration, as with traces. */
export class DefinitionOrder1764200000001 implements MigrationInterface {
  name = 'DefinitionOrder1764200000001';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX task_definition_newest;
      CREATE INDEX task_definition_newest ON task_definition (created_at, id);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX task_definition_newest;
      CREATE INDEX task_definition_newest ON task_definition (created_at DESC, id DESC);
    `);
  }
}

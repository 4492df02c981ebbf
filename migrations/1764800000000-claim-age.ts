import { MigrationInterface, QueryRunner } from 'typeorm';

/** Stale claims are found by age, without reading the others. */
export class ClaimAge1764800000000 implements MigrationInterface {
  name = 'ClaimAge1764800000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX task_claimed;
      CREATE INDEX task_claimed ON task (claimed_at) WHERE claimed_by IS NOT NULL`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX task_claimed;
      CREATE INDEX task_claimed ON task (claimed_by) WHERE claimed_by IS NOT NULL`);
  }
}

import { MigrationInterface, QueryRunner } from 'typeorm';

/** And for batches. */
export class BatchOrder1764200000002 implements MigrationInterface {
  name = 'BatchOrder1764200000002';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX batch_newest, batch_scope;
      CREATE INDEX batch_newest ON batch (created_at, id);
      CREATE INDEX batch_scope ON batch (scope, created_at, id);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX batch_newest, batch_scope;
      CREATE INDEX batch_newest ON batch (created_at DESC, id DESC);
      CREATE INDEX batch_scope ON batch (scope, created_at DESC, id DESC);
    `);
  }
}

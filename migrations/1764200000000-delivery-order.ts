import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes in order of time, read backwards by lists: what is new comes at their end, where PostgreSQL fills pages. At the
 * beginning, where `DESC` put it, it leaves each half empty, and looks for its place anew.
 */
export class DeliveryOrder1764200000000 implements MigrationInterface {
  name = 'DeliveryOrder1764200000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX delivery_last_changed, delivery_failed;
      CREATE INDEX delivery_last_changed ON delivery (updated_at, id);
      CREATE INDEX delivery_failed ON delivery (status, updated_at, id) WHERE status <> 'success';
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX delivery_last_changed, delivery_failed;
      CREATE INDEX delivery_last_changed ON delivery (updated_at DESC, id DESC);
      CREATE INDEX delivery_failed ON delivery (status, updated_at DESC, id DESC) WHERE status <> 'success';
    `);
  }
}

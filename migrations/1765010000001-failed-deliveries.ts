import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the failed deliveries of a batch, however many the other batches have. Successful deliveries, which are nearly all,
 * have no entry. It is a migration of its own because it reads the whole table, and locks nothing else meanwhile. A
 * database that an earlier build has migrated may have the index already.
 */
export class FailedDeliveries1765010000001 implements MigrationInterface {
  name = 'FailedDeliveries1765010000001';

  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `CREATE INDEX IF NOT EXISTS delivery_failed_batch ON delivery (batch_id, status, updated_at, id) WHERE status <> 'success'`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX delivery_failed_batch');
  }
}

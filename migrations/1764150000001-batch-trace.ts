import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The same for calls about a batch. Apart from that of tasks: who holds one of these tables and waits for the other may
 * meet a transaction of a running replica that has them the other way round.
 */
export class BatchTrace1764150000001 implements MigrationInterface {
  name = 'BatchTrace1764150000001';

  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE batch ADD COLUMN trace json');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE batch DROP COLUMN trace');
  }
}

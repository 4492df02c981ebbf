import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Records of attempts, for people who ask why a receiver did not do its work. The columns stay null where there is nothing
 * to say, and replicas of the version before leave them null.
 */
export class DeliveryDetail1765010000000 implements MigrationInterface {
  name = 'DeliveryDetail1765010000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE outbox
        -- The failed attempts, oldest first.
        ADD COLUMN attempt_log jsonb;
      ALTER TABLE delivery
        -- Of a successful call, or a start call. What the last attempt of an exhausted one got is in the log.
        ADD COLUMN last_duration_ms integer,
        ADD COLUMN last_answer text,
        ADD COLUMN attempt_log jsonb;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE delivery DROP COLUMN attempt_log, DROP COLUMN last_answer, DROP COLUMN last_duration_ms;
      ALTER TABLE outbox DROP COLUMN attempt_log;
    `);
  }
}

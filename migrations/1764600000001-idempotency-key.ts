import { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of requests that clients may repeat, with the answers that they got. */
export class IdempotencyKey1764600000001 implements MigrationInterface {
  name = 'IdempotencyKey1764600000001';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE idempotency_key (
        key text PRIMARY KEY,
        request_hash bytea NOT NULL,
        status smallint NOT NULL,
        batch_id uuid,
        body text,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query('CREATE INDEX idempotency_key_age ON idempotency_key (created_at)');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE idempotency_key');
  }
}

import { MigrationInterface, QueryRunner } from 'typeorm';

/** Who changed what. */
export class AuditLog1765000000000 implements MigrationInterface {
  name = 'AuditLog1765000000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        actor text,
        action text NOT NULL,
        batch_id uuid,
        task_id uuid,
        schedule text COLLATE "C",
        details json
      );
      CREATE INDEX audit_log_batch ON audit_log (batch_id, id) WHERE batch_id IS NOT NULL;
      CREATE INDEX audit_log_task ON audit_log (task_id, id) WHERE task_id IS NOT NULL;
      CREATE INDEX audit_log_schedule ON audit_log (schedule, id) WHERE schedule IS NOT NULL;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE audit_log');
  }
}

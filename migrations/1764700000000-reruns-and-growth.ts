import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Reruns and growing batches.
 * - An attempt that is over keeps its result, which notifications about it may still need.
 * - A batch can complete several times. Each one is notified of separately, so all of them are kept, in order.
 * - A stopped batch takes no more tasks, and neither does one that has had too many.
 */
export class RerunsAndGrowth1764700000000 implements MigrationInterface {
  name = 'RerunsAndGrowth1764700000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE task_attempt ADD COLUMN result json;
      ALTER TABLE batch RENAME COLUMN completion TO completions;
      ALTER TABLE batch
        ALTER COLUMN completions TYPE json[] USING CASE WHEN completions IS NOT NULL THEN ARRAY[completions] END,
        ADD COLUMN stopped_at timestamptz,
        -- All tasks that it ever had; counted when tasks are added to it for the first time.
        ADD COLUMN total_tasks integer;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE batch DROP COLUMN total_tasks, DROP COLUMN stopped_at,
        ALTER COLUMN completions TYPE json USING completions[cardinality(completions)];
      ALTER TABLE batch RENAME COLUMN completions TO completion;
      ALTER TABLE task_attempt DROP COLUMN result;
    `);
  }
}

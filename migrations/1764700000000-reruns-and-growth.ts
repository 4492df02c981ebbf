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
      CREATE TABLE batch_completion (
        batch_id uuid NOT NULL,
        nth integer NOT NULL,
        -- The member arcrun of the body of its calls.
        completion json NOT NULL,
        PRIMARY KEY (batch_id, nth)
      );
      INSERT INTO batch_completion SELECT id, 1, completion FROM batch WHERE completion IS NOT NULL;
      ALTER TABLE batch
        -- How often it has completed.
        ADD COLUMN completed integer NOT NULL DEFAULT 0,
        ADD COLUMN stopped_at timestamptz,
        -- All tasks that it has and those that are added; counted when tasks are added for the first time.
        ADD COLUMN total_tasks integer;
      UPDATE batch SET completed = 1 WHERE completion IS NOT NULL;
      ALTER TABLE batch DROP COLUMN completion;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE batch ADD COLUMN completion json;
      UPDATE batch b SET completion = c.completion FROM batch_completion c WHERE c.batch_id = b.id AND c.nth = b.completed;
      ALTER TABLE batch DROP COLUMN total_tasks, DROP COLUMN stopped_at, DROP COLUMN completed;
      DROP TABLE batch_completion;
      ALTER TABLE task_attempt DROP COLUMN result;
    `);
  }
}

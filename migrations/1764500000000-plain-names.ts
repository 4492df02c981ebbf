import { MigrationInterface, QueryRunner } from 'typeorm';

const RENAMED = [
  ['TABLE task RENAME COLUMN', 'parked_on', 'blocked_by'],
  ['TABLE task RENAME COLUMN', 'held_status', 'paused_from'],
  ['TABLE task RENAME COLUMN', 'unmet', 'open_parents'],
  ['TABLE task RENAME COLUMN', 'host', 'host_id'],
  ['TABLE outbox RENAME COLUMN', 'held', 'awaiting_start'],
  ['INDEX', 'task_parked RENAME', 'task_blocked'],
  ['INDEX', 'outbox_held RENAME', 'outbox_awaiting_start'],
] as const;

/**
 * Renames columns to the terms of the glossary in CONTRIBUTING.md. Only the catalog changes, so it takes a moment on any
 * amount of data; replicas of the version before must be stopped first, for they ask for the old names.
 */
export class PlainNames1764500000000 implements MigrationInterface {
  name = 'PlainNames1764500000000';

  async up(db: QueryRunner): Promise<void> {
    for (const [what, from, to] of RENAMED) await db.query(`ALTER ${what} ${from} TO ${to}`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const [what, from, to] of [...RENAMED].reverse()) {
      const [name, verb = ''] = from.split(' ');
      await db.query(`ALTER ${what} ${to} ${verb} TO ${name}`);
    }
  }
}

import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Says why notifications wait for their host, and until when. Replicas decide by what they have seen themselves; this is
 * for people who read the list of deliveries, from whichever replica.
 */
export class HostCooldown1764400000000 implements MigrationInterface {
  name = 'HostCooldown1764400000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(
      'CREATE TABLE host_cooldown (host text PRIMARY KEY, until timestamptz NOT NULL, reason text NOT NULL)',
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE host_cooldown');
  }
}

import { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds keys by values that are equal, which may be written in two ways: 1.0 is 1. Their texts, and hashes of those, differ. */
export class RuleKeyHash1764400000001 implements MigrationInterface {
  name = 'RuleKeyHash1764400000001';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE INDEX rule_key_hash ON rule_key (matcher, jsonb_hash(fields));
      DROP INDEX rule_key_values;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE INDEX rule_key_values ON rule_key (matcher, md5(fields::text));
      DROP INDEX rule_key_hash;
    `);
  }
}

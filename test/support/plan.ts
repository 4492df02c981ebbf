import type { Client } from 'pg';
import type { Statement } from '../../src/database/statement';

/** A step of a plan, with what happened when it ran. */
export interface Step {
  'Actual Loops': number;
  'Actual Rows': number;
  'Rows Removed by Join Filter'?: number;
  'Index Name'?: string;
  Plans?: Step[];
}

const stepsOf = (step: Step): Step[] => [step, ...(step.Plans ?? []).flatMap(stepsOf)];

/**
 * Prepares a statement in a session, runs it and undoes that: PostgreSQL plans it for the tables as they are now.
 * @param values as SQL, in parentheses
 * @returns runs it again, with the same plan; resolves to the steps, the last one first
 */
export async function planned(
  client: Client,
  { name, text }: Statement<never, unknown>,
  values: string,
): Promise<() => Promise<Step[]>> {
  await client.query('SET plan_cache_mode = force_generic_plan');
  await client.query(`PREPARE "${name}" AS ${text}`);
  const run = async () => {
    await client.query('BEGIN');
    try {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Step }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE "${name}" ${values}`,
      );
      return stepsOf(rows[0]['QUERY PLAN'][0].Plan);
    } finally {
      await client.query('ROLLBACK');
    }
  };
  await run();
  return run;
}

import type { Client } from 'pg';
import type { Statement } from '../../src/database/statement';

/** A step of a plan, with what happened when it ran. */
export interface Step {
  'Actual Loops': number;
  'Actual Rows': number;
  'Rows Removed by Join Filter'?: number;
  'Shared Hit Blocks': number;
  'Index Name'?: string;
  Plans?: Step[];
}

const stepsOf = (step: Step): Step[] => [step, ...(step.Plans ?? []).flatMap(stepsOf)];

/**
 * Prepares a statement with a generic plan, made for the tables as they are now.
 * @param values SQL of the parameters, in parentheses
 * @returns a function that runs the statement, rolls it back and returns the steps of its plan, the root first
 */
export async function preparePlan(
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
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE "${name}" ${values}`,
      );
      return stepsOf(rows[0]['QUERY PLAN'][0].Plan);
    } finally {
      await client.query('ROLLBACK');
    }
  };
  // PostgreSQL plans a statement when it first runs.
  await run();
  return run;
}

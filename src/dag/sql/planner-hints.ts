/**
 * A limit that the planner cannot know: none, but it expects a tenth of the rows. It expects recursions to return a
 * hundred times their first rows; without this hint, costs are estimated in millions and each plan is compiled (JIT).
 */
export const UNKNOWN_LIMIT = 'LIMIT (SELECT NULL::bigint)';

/** Passes the ids of a query through an array, of which the planner expects one row, however many statistics promise. */
export const asArray = (query: string) => `SELECT unnest(ARRAY(${query})) AS id ${UNKNOWN_LIMIT}`;

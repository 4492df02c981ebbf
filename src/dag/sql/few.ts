/**
 * No limit, which the planner cannot know: it expects a tenth of the rows. Recursions are expected to return a hundred
 * times what they begin with, so without this their cost is estimated in millions, and the server compiles each plan (JIT).
 */
export const FEW = 'LIMIT (SELECT NULL::bigint)';

/** The ids that a query finds, through an array: the planner expects one, however many the statistics promise. */
export const listed = (query: string) => `SELECT unnest(ARRAY(${query})) AS id ${FEW}`;

/**
 * The values of certain metadata fields, as one row `fields`, or no row when a field is missing. Metadata that is not an
 * object has no fields. Without names, every task has a row.
 * @param metadata a jsonb column.
 * @param names a column of type text[].
 */
export const valuesIn = (metadata: string, names: string): string => `(
       SELECT COALESCE(jsonb_object_agg(name, ${metadata} -> name), '{}') AS fields
       FROM unnest(${names}) AS name
       HAVING COALESCE(bool_and(${metadata} -> name IS NOT NULL), true)
     )`;

/** The items of work left in a task; null without an expected count. */
export const remainingOf = (task: string): string =>
  `CASE WHEN ${task}.expected_count IS NOT NULL
            THEN GREATEST(${task}.expected_count::float8 - ${task}.success - ${task}.failures, 0) END`;

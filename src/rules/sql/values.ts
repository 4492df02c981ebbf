/**
 * The values that metadata has in certain fields, as a row `fields`; no row where one is missing. Metadata that is no
 * object has no fields, and where no fields are asked for, everything has them.
 * @param metadata a jsonb column; `names` one of type text[].
 */
export const valuesIn = (metadata: string, names: string): string => `(
       SELECT COALESCE(jsonb_object_agg(name, ${metadata} -> name), '{}') AS fields
       FROM unnest(${names}) AS name
       HAVING COALESCE(bool_and(${metadata} -> name IS NOT NULL), true)
     )`;

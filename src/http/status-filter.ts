/** Returns the query with `status` spelled as in `values`, whatever its case. Leaves anything else for validation to refuse. */
export function withStatusOf(values: readonly string[], query: unknown): Record<string, unknown> {
  const { status, ...rest } = query as Record<string, unknown>;
  if (typeof status !== 'string') return query as Record<string, unknown>;
  const name = status.toLowerCase();
  return { ...rest, status: values.find((value) => value.toLowerCase() === name) ?? status };
}

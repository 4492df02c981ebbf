/** Returns the query with `status` in the spelling of `values`. Other values stay, for validation to refuse. */
export function withStatusOf(values: readonly string[], query: unknown): Record<string, unknown> {
  const { status, ...rest } = query as Record<string, unknown>;
  if (typeof status !== 'string') return query as Record<string, unknown>;
  const name = status.toLowerCase();
  return { ...rest, status: values.find((value) => value.toLowerCase() === name) ?? status };
}

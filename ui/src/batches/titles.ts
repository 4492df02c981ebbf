/** Fields of metadata that serve as a title. The service writes the last one into the batches of schedules. */
const TITLES = ['title', 'name', 'about', 'schedule'];

interface WithMetadata {
  metadata: unknown;
}

/** Returns the title of a batch in its metadata, if it has one of the usual fields. */
export const titleOf = (batch: WithMetadata): string | undefined =>
  TITLES.map((field) => textOf(batch, field)).find((value) => value !== undefined);

/** Returns the name of the schedule that created a batch, if one did. */
export const scheduleOf = (batch: WithMetadata): string | undefined =>
  textOf(batch, 'due_at') && textOf(batch, 'schedule');

function textOf({ metadata }: WithMetadata, field: string): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const value = (metadata as Record<string, unknown>)[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

import type { TaskEntity } from '../../database/entities';
import { IsFields, withFields } from '../../http/fields';
import { validated } from '../../http/validation';

/** Members of the full form that lists and graphs can add to the light form: those that cost no further read. */
const SELECTORS = {
  failure_reason: ({ failureReason }: TaskEntity) => failureReason,
  last_updated: ({ lastUpdated }: TaskEntity) => lastUpdated.toISOString(),
  timeout: ({ timeoutSecs }: TaskEntity) => timeoutSecs,
};

export type ExtraField = keyof typeof SELECTORS;
type Extras = { [Field in ExtraField]?: ReturnType<(typeof SELECTORS)[Field]> };

export const EXTRA_FIELDS = Object.keys(SELECTORS) as ExtraField[];

/** Returns these members of a task. */
export const extrasOf = (task: TaskEntity, fields: readonly ExtraField[]): Extras =>
  Object.fromEntries(fields.map((field) => [field, SELECTORS[field](task)]));

/** What a graph or a stream of events shows of each task. */
export class FieldsDto {
  /** Members of the full form to add to each task, separated by commas or given several times. */
  @IsFields(EXTRA_FIELDS)
  fields?: ExtraField[];

  /** @throws {InvalidRequest} naming the members that can be added. */
  static parse(query: unknown): ExtraField[] {
    return validated(FieldsDto, withFields(query)).fields ?? [];
  }
}

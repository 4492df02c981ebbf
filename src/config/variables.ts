import { z } from 'zod';
import { isUrlOf } from './hosts';
import { access, destinations } from './variables/access';
import { database } from './variables/database';
import type { Documentation } from './variables/forms';
import { limits, retention } from './variables/limits';
import { service } from './variables/service';
import { OTLP_JSON, OTLP_PROTOBUF, tracing } from './variables/tracing';
import { calls, worker } from './variables/work';

/**
 * Groups in the order of `.env.example` and docs/configuration.md, which are generated from them. Each is spread into
 * `variables` too.
 */
const GROUPS = [service, access, destinations, database, worker, calls, limits, retention, tracing];

/** The forms of all environment variables. */
export const variables = z.object({
  ...service.variables,
  ...access.variables,
  ...destinations.variables,
  ...database.variables,
  ...worker.variables,
  ...calls.variables,
  ...limits.variables,
  ...retention.variables,
  ...tracing.variables,
});

/** The variables, with the conditions that span several of them. */
export const environment = variables
  // Without tracing, the OTEL_ variables may be meant for other programs on the machine.
  .refine(
    (values) => !values.TRACING_ENABLED || [OTLP_PROTOBUF, OTLP_JSON].includes(values.OTEL_EXPORTER_OTLP_PROTOCOL),
    {
      path: ['OTEL_EXPORTER_OTLP_PROTOCOL'],
      error: `must be ${OTLP_PROTOBUF} or ${OTLP_JSON}`,
      when: () => true,
    },
  )
  .refine(
    ({ TRACING_ENABLED, OTEL_EXPORTER_OTLP_ENDPOINT: url }) =>
      !TRACING_ENABLED || url === undefined || isUrlOf(['http:', 'https:'])(url),
    { path: ['OTEL_EXPORTER_OTLP_ENDPOINT'], error: 'must be an http or https URL', when: () => true },
  );

/** Description of a variable for generated files and errors at start. */
export interface Variable extends Documentation {
  name: string;
  /** The default as written in the environment; absent without a plain one. */
  default?: string;
}

interface VariableGroup {
  title: string;
  /** Introduction in Markdown, with links relative to docs/. */
  about?: string;
  variables: Variable[];
}

/** Returns the descriptions of all variables by group. */
export function describeGroups(): VariableGroup[] {
  return GROUPS.map((group: { title: string; about?: string; variables: z.ZodRawShape }) => ({
    title: group.title,
    about: group.about,
    variables: Object.entries(group.variables).map(([name, schema]) => describe(name, schema as z.ZodType)),
  }));
}

/** Returns the descriptions of all variables. */
export const describeVariables = (): Variable[] => describeGroups().flatMap((group) => group.variables);

function describe(name: string, schema: z.ZodType): Variable {
  const value = schema.safeParse(undefined).data;
  const text = typeof value === 'boolean' ? String(Number(value)) : value?.toString();
  return { name, ...(schema.meta() as unknown as Documentation), default: text };
}

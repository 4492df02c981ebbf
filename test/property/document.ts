import document from '../../openapi.json';

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  example?: unknown;
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
}

interface Content {
  schema: Schema;
  examples?: Record<string, { value: unknown }>;
}

interface Described {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, unknown>;
}

/** An endpoint as the API document describes it. */
export interface Operation {
  method: string;
  /** With names in braces. */
  path: string;
  queryParameters: string[];
  /** Example bodies of the document, and one of each form with nearly every member. */
  bodies: unknown[];
  /** Every documented status. */
  statuses: number[];
}

/**
 * Generated examples have no other tasks to refer to; those of the document have. And a task has a delay or a time: with both,
 * no example would be valid.
 */
const isLeftOut = ({ properties }: Schema, name: string): boolean =>
  name === 'dependencies' || (name === 'delay_secs' && properties?.run_at !== undefined);

/** All operations of the committed API document. */
export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Described>).map(([method, { parameters = [], requestBody, responses }]) => ({
    method: method.toUpperCase(),
    path,
    queryParameters: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    bodies: Object.values(requestBody?.content ?? {}).flatMap(bodiesOf),
    statuses: Object.keys(responses).map(Number),
  })),
);

function bodiesOf({ schema, examples = {} }: Content): unknown[] {
  return [...Object.values(examples).map(({ value }) => value), ...(schema.oneOf ?? [schema]).map(exampleOf)];
}

/** Returns a value that a schema describes. */
function exampleOf(schema: Schema): unknown {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)!;
    return exampleOf((document.components.schemas as Record<string, Schema>)[name]);
  }
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  const [variant] = schema.oneOf ?? schema.allOf ?? [];
  if (variant) return exampleOf(variant);
  if (schema.properties) {
    const members = Object.entries(schema.properties).filter(([name]) => !isLeftOut(schema, name));
    return Object.fromEntries(members.map(([name, part]) => [name, exampleOf(part)]));
  }
  if (schema.items) return [exampleOf(schema.items)];
  return { integer: 1, number: 1, boolean: true, string: 'text', object: {} }[String(schema.type)] ?? null;
}

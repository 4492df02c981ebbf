import { RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { startService, useDatabase } from '../support/fixture';
import { ServiceProcess, useProcesses } from '../support/process';

type Json = Record<string, unknown>;
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: Json;
}
interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: Json }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema?: Json }>; headers?: Json }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string; description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

const PROBLEM = 'application/problem+json';
/** These answer errors in a form of their own, which orchestrators read. */
const HEALTH = ['/health', '/ready', '/live'];
/** Always answers the same document, without access to the database. */
const PAGE = '/view';

// Only the built service has the complete document: the compiler's plugin reads types and comments.
describe('The API document', () => {
  useProcesses();
  const database = useDatabase();
  let service: ServiceProcess;
  let document: Document;
  let operations: { route: string; path: string; method: string; operation: Operation }[];
  beforeAll(async () => {
    service = await ServiceProcess.start({ DATABASE_URL: database.url, WORKER_ENABLED: '0' });
    document = (await service.call<Document>('GET', '/api-docs/openapi.json')).body;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        route: `${method.toUpperCase()} ${path}`,
        path,
        method,
        operation,
      })),
    );
  });

  /** Yields every object below `value`, with its path. */
  function* objects(value: unknown, path = '#'): Generator<{ path: string; object: Json }> {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) yield { path, object: value as Json };
    for (const [key, item] of Object.entries(value)) yield* objects(item, `${path}/${key.replaceAll('/', '~1')}`);
  }
  const resolve = (ref: string): unknown =>
    ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Json | undefined)?.[key.replaceAll('~1', '/')], document);
  /** Examples and defaults are data, not schema. */
  const inSchema = ({ path }: { path: string }) => !/\/(examples?|default|enum)(\/|$)/.test(path);

  it('is OpenAPI 3.1 and describes itself', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({
      title: 'Hookline',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      description: expect.stringContaining('on_start') as string,
    });
    expect(new Set(document.tags.map(({ name }) => name)).size).toBe(document.tags.length);
  });

  it('lists exactly the routes of the service', async () => {
    const { app } = await startService({ WORKER_ENABLED: '0' }, database.url);
    const modules = [...app.get(ModulesContainer).values()];
    const controllers = modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype));
    const routes = controllers.flatMap((controller) => routesOf(controller as Type));
    expect(routes.length).toBeGreaterThan(10);
    expect(operations.map(({ route }) => route).sort()).toEqual(routes.sort());
  });

  it('names every operation once, under a declared tag', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const known = document.tags.map(({ name }) => name);
    for (const { route, operation } of operations) {
      expect([route, operation.operationId]).toEqual([route, expect.stringMatching(/^[a-z][A-Za-z]+$/)]);
      expect([route, operation.summary]).toEqual([route, expect.stringMatching(/\S/)]);
      expect([route, operation.tags?.filter((tag) => known.includes(tag))]).toEqual([route, [expect.any(String)]]);
    }
  });

  it('declares every parameter once, with a schema, and path parameters as required', () => {
    for (const { route, path, operation } of operations) {
      const parameters = operation.parameters ?? [];
      const names = parameters.map(({ name, in: where }) => `${where} ${name}`);
      expect([route, new Set(names).size]).toEqual([route, names.length]);
      expect([route, parameters.filter(({ schema }) => !schema)]).toEqual([route, []]);
      const inPath = parameters.filter(({ in: where, required }) => where === 'path' && required);
      const expected = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([route, inPath.map(({ name }) => name)]).toEqual([route, expected]);
    }
  });

  it('describes every answer, and errors as problem details', () => {
    for (const { route, path, operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect([route, statuses.filter((status) => /^2\d\d$/.test(status)).length]).not.toEqual([route, 0]);
      for (const [status, { description, content = {} }] of Object.entries(operation.responses)) {
        const where = `${route} ${status}`;
        expect([where, typeof description]).toEqual([where, 'string']);
        if (Number(status) < 400 || HEALTH.includes(path)) continue;
        expect([where, Object.keys(content)]).toEqual([where, [PROBLEM]]);
        expect([where, content[PROBLEM].schema]).toEqual([where, { $ref: '#/components/schemas/ProblemDetails' }]);
      }
    }
  });

  it.each([
    [
      '400',
      (path: string, { parameters, requestBody }: Operation) =>
        path !== PAGE && (!!requestBody || !!parameters?.length),
    ],
    ['404', (path: string) => path.includes('{')],
    ['413', (_: string, { requestBody }: Operation) => !!requestBody],
    ['415', (_: string, { requestBody }: Operation) => !!requestBody],
    ['503', (path: string) => !['/live', '/metrics', PAGE].includes(path)],
  ])('documents %s wherever it can be answered', (status, canBe) => {
    const silent = operations.filter(({ path, operation }) => canBe(path, operation) && !operation.responses[status]);
    expect(silent.map(({ route }) => route)).toEqual([]);
  });

  it('documents Retry-After of every 503, and X-Batch-ID of a creation', () => {
    const without = operations.filter(({ path, operation: { responses } }) => {
      const unavailable = !HEALTH.includes(path) && responses['503'];
      return unavailable && !unavailable.headers?.['Retry-After'];
    });
    expect(without.map(({ route }) => route)).toEqual([]);
    expect(document.paths['/task'].post.responses['201'].headers).toHaveProperty('X-Batch-ID');
  });

  it('has no dangling references', () => {
    const refs = [...objects(document)].flatMap(({ object: { $ref } }) => (typeof $ref === 'string' ? [$ref] : []));
    expect(refs.length).toBeGreaterThan(10);
    expect(refs.filter((ref) => resolve(ref) === undefined)).toEqual([]);
  });

  it('uses the JSON Schema of OpenAPI 3.1, in which null is a type', () => {
    const all = [...objects(document)].filter(inSchema);
    expect(all.filter(({ object }) => 'nullable' in object).map(({ path }) => path)).toEqual([]);
    const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
    const odd = Object.entries(document.components.schemas)
      .flatMap(([name, schema]) => [...objects(schema, name)])
      .filter(inSchema)
      .filter(({ path }) => !/\/properties$/.test(path))
      .filter(({ object: { type } }) => type !== undefined && ![type].flat().every((t) => types.includes(t as string)));
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  it('gives every form a schema whose properties include the required ones', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      const { properties = {}, required = [] } = schema as { properties?: Json; required?: string[] };
      expect([name, Object.keys(properties).length]).not.toEqual([name, 0]);
      expect([name, required.filter((property) => !(property in properties))]).toEqual([name, []]);
    }
  });

  it('is shown by the explorer', async () => {
    for (const path of ['/swagger-ui/', '/swagger-ui']) {
      const answer = await fetch(service.url + path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await answer.text()).toContain('<title>Hookline API</title>');
    }
    const style = await fetch(`${service.url}/swagger-ui/swagger-ui.css`);
    expect(await style.text()).toContain('.swagger-ui');
  });
});

/** Returns the routes that a controller's decorators declare, written as in the document. */
function routesOf(controller: Type): string[] {
  const prefix = Reflect.getMetadata('path', controller) as string;
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const parts = [prefix, Reflect.getMetadata('path', handler) as string].flatMap((path) => path.split('/'));
    const path = parts.filter((part) => part !== '').map((part) => part.replace(/^:(\w+)$/, '{$1}'));
    return [`${RequestMethod[method]} /${path.join('/')}`];
  });
}

import 'reflect-metadata';
import { validateSync } from 'class-validator';
import * as fc from 'fast-check';
import { ListBatchesDto } from '../../src/batch/batch-summary.dto';
import { UpdateRulesDto } from '../../src/batch/update-rules.dto';
import { ignoredMembers } from '../../src/http/accepted';
import { isValid } from '../../src/http/is-valid';
import type { Dto } from '../../src/http/nested';
import { instantiate } from '../../src/http/validation';
import { BulkIncrementDto } from '../../src/task/dto/bulk-increment.dto';
import { BulkReportDto } from '../../src/task/dto/bulk-report.dto';
import { CreateRequestDto } from '../../src/task/dto/create-request.dto';
import { CreateTaskDto } from '../../src/task/dto/create-task.dto';
import { IncrementDto } from '../../src/task/dto/increment.dto';
import { ListTasksDto } from '../../src/task/dto/list-tasks.dto';
import { ReportDto } from '../../src/task/dto/report.dto';
import { ListDeliveriesDto } from '../../src/webhook/dto/delivery-filter.dto';
import { JSON_TEXTS } from './hostile-json';

const RUNS = 4000;
const ID = '01a20385-0579-772d-b781-92370a992fbd';
const action = { kind: 'Webhook', params: { url: 'http://h.test/', verb: 'Post', headers: { a: 'b' }, body: [1] } };
const matcher = { kind: 'k', status: 'Running', fields: ['a'] };
const rules = [
  { type: 'Concurrency', max_concurrency: 1, matcher },
  { type: 'Concurency', max_concurency: 1, matcher },
  { type: 'Capacity', max_capacity: 1, matcher },
];
const task = {
  ...{ id: 'a', name: 'n', kind: 'k', timeout: 5, metadata: { a: 1 }, expected_count: 3, rules, priority: 1 },
  ...{ on_start: action, on_success: [action], on_failure: [action], dead_end_barrier: true },
  ...{ dependencies: [{ id: 'b', requires_success: true }], dedupe_strategy: [matcher] },
};

/** Opaque members, which may have any names in them. */
const OPAQUE = ['metadata', 'body', 'headers', 'result'];

const EXAMPLES: [name: string, dto: Dto, example: object][] = [
  ['a task', CreateTaskDto, task],
  ['a request', CreateRequestDto, { tasks: [task], scope: 's', metadata: {}, on_batch_complete: [action] }],
  ['a report', ReportDto, { status: 'Failure', failure_reason: 'r', new_success: 1, metadata: 1, priority: 2 }],
  ['an increment', IncrementDto, { new_success: 1, new_failures: 0 }],
  ['a report in a bulk', BulkReportDto, { id: ID, attempt: 2, token: 't', status: 'Success', result: [1] }],
  ['an increment in a bulk', BulkIncrementDto, { id: ID, attempt: 2, token: 't', new_success: 1 }],
  ['new rules', UpdateRulesDto, { kind: 'k', rules }],
  ['a list of tasks', ListTasksDto, { name: 'n', kind: 'k', status: ['Running'], fields: ['timeout'], page: '1' }],
  ['a list of batches', ListBatchesDto, { scope: 's', status: ['Paused'], created_after: '2026-01-01T00:00:00Z' }],
  ['a list of deliveries', ListDeliveriesDto, { status: ['pending'], page_size: '7' }],
];

// Very long texts would slow the test down.
const values = JSON_TEXTS.flatMap((text): unknown[] => (text.length > 1000 ? [] : [JSON.parse(text)]));

type Path = readonly (string | number)[];

/** Returns the paths to all places in a value. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]))];
}

/** Returns a copy with another value at one path, or without it. */
function replaced(value: unknown, [first, ...rest]: Path, by: { value: unknown } | undefined): unknown {
  if (first === undefined) return by?.value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  if (rest.length > 0 || by) copy[first] = replaced(copy[first], rest, by);
  else delete copy[first];
  return copy;
}

describe('The compiled check', () => {
  it.each(EXAMPLES)('accepts nothing about %s that the validator refuses', (_name, dto, example) => {
    expect(isValid(dto, example)).toBe(true);
    const change = fc.record({
      path: fc.constantFrom(...pathsOf(example).filter(({ length }) => length > 0)),
      by: fc.option(fc.record({ value: fc.oneof(fc.constantFrom(...values), fc.jsonValue()) }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const plain = changes.reduce<unknown>((each, { path, by }) => {
          try {
            return replaced(each, path, by);
          } catch {
            return each; // Another change removed this path.
          }
        }, example);
        // Uncertain values are left to the validator.
        if (isValid(dto, plain)) expect(validateSync(instantiate(dto, plain))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('The search for unknown members', () => {
  it.each(EXAMPLES)(
    'finds none in %s, and exactly those that are added outside of opaque JSON',
    (_name, dto, example) => {
      const places = pathsOf(example).filter((path) => !path.some((part) => OPAQUE.includes(String(part))));
      const isObjectAt = (path: Path) => {
        const value = path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], example);
        return typeof value === 'object' && value !== null && !Array.isArray(value);
      };
      const place = fc.constantFrom(...places.filter(isObjectAt));
      // Names of no member: those have no capitals.
      const name = fc.oneof(fc.constantFrom('toString', '__PROTO__', 'X'), fc.stringMatching(/^[A-Z]{1,9}$/));
      expect([...ignoredMembers(example, [dto])]).toEqual([]);
      fc.assert(
        fc.property(fc.uniqueArray(fc.tuple(place, name), { maxLength: 3, selector: String }), (added) => {
          const plain = added.reduce<unknown>(
            (each, [path, key]) => replaced(each, [...path, key], { value: 1 }),
            example,
          );
          const expected = added.map(([path, key]) => written([...path, key]));
          expect([...ignoredMembers(plain, [dto])].map(({ path }) => path).sort()).toEqual(expected.sort());
        }),
      );
    },
  );
});

/** Returns a path as the service writes it: `tasks[0].x`. */
const written = (path: Path): string =>
  path
    .map((part) => (/^\d+$/.test(String(part)) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');

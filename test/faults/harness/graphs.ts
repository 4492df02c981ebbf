import type { Action } from '../../../src/domain/action';
import { after, task, webhook } from '../../support/service';
import type { Host, WorkPlan } from './outside';

/** Returns the URL of a path at a host. */
export type Url = (path: string, host?: Host) => string;

/** A body for `POST /task`. */
export interface Graph {
  tasks: object[];
  on_batch_complete?: object[];
}

const one = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)];
const chance = (probability: number) => Math.random() < probability;
const between = (min: number, max: number) => min + Math.floor(Math.random() * (max - min + 1));
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

// Few, so that tasks wait for each other.
const GROUPS = 2;
const CONCURRENCY = 2;
const CAPACITY = 5;
const EXPECTED = 2;

/** Returns a task with a rule and without links, so that only its own report ends it. */
export function ruled(url: Url): Graph {
  const type = one(['Concurrency', 'Capacity'] as const);
  const group = between(1, GROUPS);
  const kind = `limited-${type}`;
  const matcher = { kind, status: 'Running', fields: ['group'] };
  // A task starts while the others have less left than the capacity.
  const limit = type === 'Concurrency' ? CONCURRENCY : Math.ceil(CAPACITY / EXPECTED);
  const plan = {
    ...planned(),
    end: 'Success',
    rival: false,
    counts: EXPECTED,
    rule: { key: `${kind}:${group}`, limit },
  };
  return {
    tasks: [
      described('ruled', url, plan as WorkPlan, {
        kind,
        metadata: { group },
        expected_count: EXPECTED,
        rules: [
          type === 'Concurrency'
            ? { type, max_concurrency: CONCURRENCY, matcher }
            : { type, max_capacity: CAPACITY, matcher },
        ],
      }),
    ],
  };
}

function planned(): WorkPlan {
  return {
    work: between(10, 150),
    counts: chance(0.4) ? between(1, 2) : 0,
    late: chance(0.1),
    end: chance(0.9) ? 'Success' : one(['Failure', 'cancel']),
    rival: chance(0.05),
    cancelAction: chance(0.3),
  };
}

// Few sizes, as only calls with the same one share requests.
const GROUP_SIZE = 4;
/** Lets some calls share requests. */
const perhapsGrouped = (action: Action): Action =>
  chance(0.5) ? { ...action, group: { max_size: GROUP_SIZE } } : action;

function described(id: string, url: Url, plan: WorkPlan, rest: object = {}): object {
  const told = () => perhapsGrouped(webhook(url('/told'), { body: { refuse: chance(0.04) } }));
  return task(id, '', {
    on_start: perhapsGrouped(webhook(url('/start'), { body: plan })),
    on_success: chance(0.4) ? [told()] : [],
    on_failure: chance(0.4) ? [told(), ...(chance(0.3) ? [told()] : [])] : [],
    ...rest,
  });
}

function chain(): [id: string, links: object][] {
  return names('step', between(3, 7)).map((id, i) => [id, i === 0 ? {} : after([`step${i - 1}`])]);
}

function diamond(): [id: string, links: object][] {
  const sides = names('side', between(2, 5));
  return [['top', {}], ...sides.map((id): [string, object] => [id, after(['top'])]), ['bottom', after(sides)]];
}

function fan(): [id: string, links: object][] {
  const leaves = names('leaf', between(4, 14));
  const middle = leaves.map((id): [string, object] => [id, chance(0.8) ? after(['root']) : after([], ['root'])]);
  return [['root', {}], ...middle, ...(chance(0.5) ? [['join', after([], leaves)] as [string, object]] : [])];
}

/** Returns a chain, a diamond, a fan, or a task with a rule, with random outcomes. */
export function randomGraph(url: Url): Graph {
  if (chance(0.5)) return ruled(url);
  const shape = one([chain, diamond, fan])();
  return {
    tasks: shape.map(([id, links]) => described(id, url, planned(), { ...links, priority: between(-1, 1) })),
    ...(chance(0.3) && { on_batch_complete: [perhapsGrouped(webhook(url('/told')))] }),
  };
}

/** Returns a task whose start call and notifications go to this host. */
export const taskFor = (url: Url, host: Host): Graph => ({
  tasks: [
    task('hostile', '', {
      on_start: webhook(url('/start', host), { body: { ...planned(), end: 'Success' } }),
      on_success: [webhook(url('/told', host))],
      on_failure: [webhook(url('/told', host))],
    }),
  ],
});

/** Returns a task that is done quickly. */
export const step = (id: string, url: Url, rest: object = {}): object =>
  described(id, url, { work: 10, counts: 0, late: false, end: 'Success', rival: false, cancelAction: false }, rest);

/** Returns a task that shows how long a start takes. */
export const probe = (url: Url): Graph => ({ tasks: [step('probe', url)] });

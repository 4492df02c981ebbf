import * as fc from 'fast-check';
import { RETRY_ON, type RetryOn } from '../../src/domain/retry';

/**
 * What a caller does to a task. `count` and `note` report progress and fields; `silence` makes it time out; `hasten` and
 * `postpone` move its start.
 */
export const DEEDS = [
  'succeed',
  'fail',
  'count',
  'note',
  'cancel',
  'pause',
  'resume',
  'silence',
  'hasten',
  'postpone',
  'read',
  'stop',
] as const;
export type Deed = (typeof DEEDS)[number];

/** One request of a caller. */
export interface Step {
  deed: Deed;
  /** Which task: this many after the one that the step reacts to, modulo the number of tasks. */
  offset: number;
  replica: number;
  /** Used in counters, counts and priorities. */
  amount: number;
}

/** Each caller makes its steps in order, without waiting for others. */
export type Callers = readonly (readonly Step[])[];

/** How a receiver answers a start call: it accepts the task, refuses it, refuses it for good, or has failed already. */
export const START_ANSWERS = ['accepted', 'refused', 'gone', 'failed'] as const;
export type PlannedAnswer = (typeof START_ANSWERS)[number];

/** The most attempts that a plan allows. */
const MAX_ATTEMPTS = 4;

export interface PlannedRetry {
  max_attempts: number;
  delay_secs: number;
  on: readonly RetryOn[];
}

/** Seconds to wait for the start of a task, or whether its time is some ms after its creation. */
export type PlannedDelay = { secs: number } | 'moment';

export interface PlannedTask {
  /** Earlier tasks that it depends on, each once. */
  parents: readonly { index: number; required: boolean }[];
  barrier: boolean;
  priority: number;
  /** How many actions of each sort. */
  onSuccess: number;
  onFailure: number;
  /** It is of the kind that the rule counts, and has the rule. */
  ruled: boolean;
  retry?: PlannedRetry;
  delay?: PlannedDelay;
  /** How its receiver answers the start call of each attempt, and with how many cancel actions if it accepts. */
  answers: readonly PlannedAnswer[];
  cancelActions: number;
  /** The answer comes only after all reactions to the start call. */
  answersLast: boolean;
  /** Reactions to each start call. */
  callers: Callers;
}

/** Runs ended tasks again, or adds a task. */
export interface EncoreStep {
  deed: 'rerun batch' | 'rerun chosen' | 'rerun one' | 'add';
  /** Tasks that are named: to rerun, or to depend on. */
  named: readonly number[];
  /** Tasks that are to wait for the new one. */
  before: readonly number[];
  /** With descendants that succeeded; or links that require success. */
  flag: boolean;
  replica: number;
}

export interface Plan {
  tasks: readonly PlannedTask[];
  rule: { type: 'Concurrency' | 'Capacity'; max: number };
  /** Actions of on_batch_complete. */
  onComplete: number;
  /** Reactions to the creation. */
  opening: Callers;
  /** What callers do once all tasks have ended. */
  encore: readonly (readonly EncoreStep[])[];
}

const WEIGHTS: Record<Deed, number> = {
  succeed: 40,
  fail: 20,
  count: 25,
  note: 15,
  cancel: 10,
  pause: 15,
  resume: 15,
  silence: 15,
  hasten: 6,
  postpone: 3,
  read: 10,
  stop: 1,
};

// Now and then counters reach their limit.
const amount = fc.oneof({ weight: 20, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.constant(2147483647) });

const step: fc.Arbitrary<Step> = fc.record({
  deed: fc.oneof(...DEEDS.map((deed) => ({ weight: WEIGHTS[deed], arbitrary: fc.constant(deed) }))),
  offset: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(11) }),
  replica: fc.nat(1),
  amount,
});
const callers = fc.array(fc.array(step, { minLength: 1, maxLength: 2 }), { maxLength: 3 });

const sometimes = <T>(arbitrary: fc.Arbitrary<T>, weight: number) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight, arbitrary });

const rarely = (times: number) => fc.nat(times).map((n) => n === times);

const answer: fc.Arbitrary<PlannedAnswer> = fc.oneof(
  { weight: 16, arbitrary: fc.constant('accepted') },
  { weight: 2, arbitrary: fc.constant('refused') },
  { weight: 1, arbitrary: fc.constantFrom('gone', 'failed') },
);

/** Delays may be long: callers that find nothing else to do move the start of a waiting task to now. */
const retry: fc.Arbitrary<PlannedRetry> = fc.record({
  max_attempts: fc.integer({ min: 1, max: MAX_ATTEMPTS }),
  delay_secs: fc.constantFrom(0, 0, 0, 3600),
  on: fc.oneof(fc.constant(RETRY_ON), fc.subarray([...RETRY_ON], { minLength: 1 })),
});
const delay: fc.Arbitrary<PlannedDelay> = fc.oneof(
  fc.constant('moment' as const),
  fc.constantFrom(0, 3600).map((secs) => ({ secs })),
);

const task = fc.record({
  // Distances to earlier tasks; parents before the first task are dropped.
  parents: fc.array(fc.record({ back: fc.integer({ min: 1, max: 6 }), required: fc.boolean() }), { maxLength: 3 }),
  barrier: rarely(6),
  priority: fc.integer({ min: -1, max: 1 }),
  onSuccess: fc.nat(2),
  onFailure: fc.nat(2),
  ruled: fc.boolean(),
  retry: sometimes(retry, 4),
  delay: sometimes(delay, 1),
  answers: fc.array(answer, { minLength: MAX_ATTEMPTS, maxLength: MAX_ATTEMPTS }),
  cancelActions: fc.nat(2),
  answersLast: fc.boolean(),
  callers,
});

const some = fc.array(fc.nat(20), { minLength: 1, maxLength: 3 });
const encoreStep: fc.Arbitrary<EncoreStep> = fc.record({
  deed: fc.constantFrom('rerun batch', 'rerun chosen', 'rerun one', 'add', 'add', 'add'),
  named: some,
  before: fc.oneof(fc.constant([]), some),
  flag: fc.boolean(),
  replica: fc.nat(1),
});

/** A graph of up to twelve tasks, and what several callers do while it runs. */
export const plan: fc.Arbitrary<Plan> = fc
  .record({
    tasks: fc.array(task, { minLength: 1, maxLength: 12 }),
    rule: fc.record({ type: fc.constantFrom('Concurrency', 'Capacity'), max: fc.integer({ min: 1, max: 2 }) }),
    onComplete: fc.nat(2),
    opening: callers,
    encore: fc.array(fc.array(encoreStep, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  })
  .map(({ tasks, ...rest }) => ({
    ...rest,
    tasks: tasks.map(({ parents, ...self }, index) => ({
      ...self,
      parents: [...new Map(parents.map(({ back, required }) => [index - back, required]))]
        .map(([parent, required]) => ({ index: parent, required }))
        .filter((parent) => parent.index >= 0),
    })),
  }));

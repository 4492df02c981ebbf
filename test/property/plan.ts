import * as fc from 'fast-check';

/** What a caller does to a task. `count` and `note` report progress and fields; `silence` makes it time out. */
export const DEEDS = [
  'succeed',
  'fail',
  'count',
  'note',
  'cancel',
  'pause',
  'resume',
  'silence',
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
  /** How its receiver answers the start call, and with how many cancel actions. */
  accepted: boolean;
  cancelActions: number;
  /** The answer comes only after all reactions to the start call. */
  answersLast: boolean;
  /** Reactions to the start call. */
  callers: Callers;
}

export interface Plan {
  tasks: readonly PlannedTask[];
  rule: { type: 'Concurrency' | 'Capacity'; max: number };
  /** Actions of on_batch_complete. */
  onComplete: number;
  /** Reactions to the creation. */
  opening: Callers;
}

const WEIGHTS: Record<Deed, number> = {
  succeed: 40,
  fail: 12,
  count: 25,
  note: 15,
  cancel: 10,
  pause: 15,
  resume: 15,
  silence: 10,
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

const rarely = (times: number) => fc.nat(times).map((n) => n === times);

const task = fc.record({
  // Distances to earlier tasks; parents before the first task are dropped.
  parents: fc.array(fc.record({ back: fc.integer({ min: 1, max: 6 }), required: fc.boolean() }), { maxLength: 3 }),
  barrier: rarely(6),
  priority: fc.integer({ min: -1, max: 1 }),
  onSuccess: fc.nat(2),
  onFailure: fc.nat(2),
  ruled: fc.boolean(),
  accepted: rarely(9).map((refused) => !refused),
  cancelActions: fc.nat(2),
  answersLast: fc.boolean(),
  callers,
});

/** A graph of up to twelve tasks, and what several callers do while it runs. */
export const plan: fc.Arbitrary<Plan> = fc
  .record({
    tasks: fc.array(task, { minLength: 1, maxLength: 12 }),
    rule: fc.record({ type: fc.constantFrom('Concurrency', 'Capacity'), max: fc.integer({ min: 1, max: 2 }) }),
    onComplete: fc.nat(2),
    opening: callers,
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

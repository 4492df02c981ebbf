// Everything that creates tasks. Bodies are made before the clock starts: the client shares the cores with the service.
import { now } from '../lib/clock.mjs';
import { paced } from '../lib/paced.mjs';
import { heldTask, needs, numbers, pieces, task, variants } from './tasks.mjs';

const bodiesOf = (tasks, perRequest) => pieces(tasks, perRequest).map((part) => JSON.stringify(part));

/** Posts the bodies one after the other, to each service in turn; answers when the first was begun. */
async function post({ services }, bodies) {
  const begun = now();
  const batches = [];
  for (const body of bodies) batches.push(await services[batches.length % services.length].create(body));
  return { begun, ended: now(), batches };
}

export const creation = (aim) => ({
  /** Independent tasks. */
  batch: ({ from, tasks, perRequest = 1000, variant = 'plain' }) =>
    post(
      aim,
      bodiesOf(
        numbers(from, tasks).map((number) => task(aim.receiver, number, variants[variant](number, aim.receiver))),
        perRequest,
      ),
    ),

  /** Each task needs the one before. */
  chain: ({ from, tasks }) =>
    post(aim, [
      JSON.stringify(
        numbers(from, tasks).map((number) => task(aim.receiver, number, number > from ? needs(number - 1) : {})),
      ),
    ]),

  /** One task, all but one of the others after it, and the last one after all of these. */
  fan({ from, tasks }) {
    const [source, ...rest] = numbers(from, tasks);
    const sink = rest.pop();
    return post(aim, [
      JSON.stringify([
        task(aim.receiver, source),
        ...rest.map((number) => task(aim.receiver, number, needs(source))),
        task(aim.receiver, sink, needs(...rest)),
      ]),
    ]);
  },

  /** One task a request. */
  paced({ from, tasks, perSecond }) {
    const bodies = numbers(from, tasks).map((number) => JSON.stringify([task(aim.receiver, number)]));
    return paced(tasks, perSecond, (i) => aim.services[0].create(bodies[i]));
  },

  /** Tasks of which so many are due a second, the first in some seconds; answers when each is due. */
  async due({ from, tasks, perSecond }) {
    const wall = Date.now() - now();
    const first = now() + 3000 + tasks / 10;
    const dueAt = numbers(0, tasks).map((i) => Math.round(wall + first + (i * 1000) / perSecond) - wall);
    const made = numbers(from, tasks).map((number, i) =>
      task(aim.receiver, number, { run_at: new Date(Math.round(wall + dueAt[i])).toISOString() }),
    );
    await post(aim, bodiesOf(made, 1000));
    return { dueAt };
  },

  /** Requests of so many tasks at a rate of so many tasks a second, made as they are sent: there may be millions. */
  stream: ({ from, tasks, perRequest, perSecond }) =>
    paced(Math.floor(tasks / perRequest), perSecond / perRequest, (i) =>
      aim.services[0].create(
        JSON.stringify(numbers(from + i * perRequest, perRequest).map((number) => task(aim.receiver, number))),
      ),
    ).then(({ begun, ended }) => ({ longestMs: Math.max(...ended.map((end, i) => end - begun[i])) })),

  /** Tasks that are started and left running. */
  hold: ({ from, tasks }) =>
    post(
      aim,
      bodiesOf(
        numbers(from, tasks).map((number) => heldTask(aim.receiver, number)),
        1000,
      ),
    ),

  /**
   * Tasks that cannot run. `waiting`: the first of each request is held, and the others need it. `blocked`: a rule lets
   * one of all of them run, and that one is held. `delayed`: all are due in a year.
   */
  backlog({ from, tasks, kind, perRequest = 10_000 }) {
    const rules = [{ type: 'Concurrency', max_concurrency: 1, matcher: { kind, status: 'Running', fields: [] } }];
    const waits = (number, i) => heldTask(aim.receiver, number, { kind, ...(i > 0 && needs(number - i)) });
    const isBlocked = (number) => heldTask(aim.receiver, number, { kind, rules });
    const delayed = (number) => heldTask(aim.receiver, number, { delay_secs: 31_536_000 });
    const make = { waiting: waits, blocked: isBlocked, delayed }[kind];
    // Made one by one: all of them together would fill the memory.
    function* bodies() {
      for (const part of pieces(numbers(from, tasks), perRequest)) yield JSON.stringify(part.map(make));
    }
    return post(aim, bodies());
  },

  /** One request of so many tasks that nobody will start: how long it takes until all of the answer has come. */
  async single({ from, tasks, how }) {
    const more = {
      plain: () => ({}),
      // Two links a task, as in a build: on the one before and on one much earlier.
      dependencies: (number, i) => (i < 2 ? needs(...numbers(from, i)) : needs(number - 1, from + (i >> 1) - 1)),
      dedupe: variants.dedupe,
    }[how];
    const body = JSON.stringify(numbers(from, tasks).map((number, i) => task(aim.receiver, number, more(number, i))));
    const begun = now();
    const { text } = await aim.services[0].ask('POST', '/task', body, 201);
    const ms = now() - begun;
    if (JSON.parse(text).length !== tasks) throw new Error(`${how}: not all of ${tasks} tasks were created`);
    return { ms };
  },
});

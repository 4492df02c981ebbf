import type { Action } from '../../src/domain/action';
import type { Call, Receiver, Script } from './receiver';
import { type Service, task, webhook } from './service';

/** One call in the body of a group. */
export interface Entry {
  key: string;
  trigger: string;
  task_id?: string;
  batch_id: string;
  attempt?: number;
  handle?: string;
  body?: unknown;
  traceparent?: string;
}

/** Returns an action whose calls share requests. */
export const grouped = (url: string, params: Partial<Action['params']> = {}, max_size = 100): Action => ({
  ...webhook(url, params),
  group: { max_size },
});

export const entriesOf = ({ body }: Call): Entry[] => (body as { calls: Entry[] }).calls;

/** Returns the idempotency keys of the calls in a request. */
export const keysOf = (call: Call): string[] => entriesOf(call).map(({ key }) => key);

/** Returns an answer to a group with these entries. */
export const results = (...entries: unknown[]) => ({ body: { results: entries } });

/** Returns helpers for tests of groups. */
export function groupCallsOf(service: Service, receiver: Receiver) {
  let paths = 0;
  return {
    /** Returns a path that no other test uses, and sets its replies. */
    path: (...scripts: Script[]): string => {
      const name = `/${++paths}`;
      if (scripts.length > 0) receiver.reply(name, ...scripts);
      return name;
    },

    /** Creates tasks with the names a, b … that have this start action. */
    start: (count: number, action: Action, rest: object = {}) =>
      service.create(Array.from({ length: count }, (_, i) => task('abcdefghij'[i], '', { on_start: action, ...rest }))),
  };
}

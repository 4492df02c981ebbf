import { useReceiver } from '../support/fixture';
import type { Call, Reply } from '../support/receiver';
import { useReplicas } from '../support/replicas';
import { task } from '../support/service';

const ROUNDS = 8;
const CLIENTS = 50;
const STATES = ['Waiting', 'Pending', 'Running', 'Success', 'Failure', 'Canceled', 'Paused'];

describe('Fifty simultaneous identical requests to two replicas', () => {
  const services = useReplicas();
  const receiver = useReceiver();

  /** Changes of tasks that are not part of the answer to their start call. */
  let moves: Promise<unknown> = Promise.resolve();
  const move = (work: () => Promise<unknown>) => (moves = moves.then(work));
  const taskOf = ({ headers }: Call) => String(headers['x-task-id']);

  /** Possible fates of a task. */
  const ends: ((call: Call) => Reply)[] = [
    () => ({ body: { status: 'Success' } }),
    () => ({ body: { status: 'Failure', failure_reason: 'It did not work' } }),
    (call) => {
      void move(() => services[1].succeed(taskOf(call)));
      return {};
    },
    (call) => {
      void move(() => services[1].call('PATCH', `/task/pause/${taskOf(call)}`));
      void move(() => services[0].call('PATCH', `/task/resume/${taskOf(call)}`));
      void move(() => services[1].call('DELETE', `/task/${taskOf(call)}`));
      return {};
    },
  ];

  it.each([
    ['a field', ['p']],
    ['any task of the kind', []],
  ])('create one task, whatever status it passes through, if they match %s', async (_name, fields) => {
    for (let round = 0; round < ROUNDS; round++) {
      const kind = `dedupe-${fields.length}-${round}`;
      receiver.reply(`/${kind}`, ends[round % ends.length]);
      const twin = () =>
        task('a', receiver.url(`/${kind}`), {
          kind,
          metadata: { p: round },
          dedupe_strategy: STATES.map((status) => ({ kind, status, fields })),
        });
      const answers = await Promise.all(
        Array.from({ length: CLIENTS }, (_, i) => services[i % 2].call('POST', '/task', [twin()])),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(CLIENTS - 1).fill(204)]);
      await moves;
    }
  });
});

import { ClosingServer, type Reaction, type ReceivedRequest } from '../support/closing-server';
import { deliveriesOf } from '../support/deliveries';
import { afterTest, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { type Task, task, webhook } from '../support/service';

const ATTEMPTS = 50;

describe('A call on a kept connection', () => {
  const service = useService({ WEBHOOK_MAX_ATTEMPTS: '1' });

  const startServer = async (reactTo: (request: ReceivedRequest) => Reaction) => {
    const server = await ClosingServer.start(reactTo);
    afterTest(() => server.close());
    return server;
  };
  const callsOf = ({ requests }: ClosingServer, key: string) => requests.filter((request) => request.key === key);
  const settled = (id: string): Promise<Task> =>
    eventually(async () => {
      const found = await service.task(id);
      expect(['Running', 'Failure']).toContain(found.status);
      return found;
    });

  /**
   * Starts tasks in turn until a start call comes on a used connection, and returns that task. On a busy machine a
   * connection may be closed before the next call.
   */
  const startedOnKept = async (server: ClosingServer): Promise<Task> => {
    for (let i = 0; i < ATTEMPTS; i++) {
      const { a } = await service.create([task('a', server.url)]);
      const found = await settled(a);
      if (callsOf(server, `${a}:start`)[0].index > 0) return found;
    }
    throw new Error('No connection was used twice');
  };

  describe.each<{ reaction: Reaction }>([{ reaction: 'close' }, { reaction: 'reset' }])(
    'that the receiver ends at that moment ($reaction)',
    ({ reaction }) => {
      it('is repeated on a new connection under the same key, and the task runs', async () => {
        const server = await startServer(({ index }) => (index === 0 ? 'answer' : reaction));
        const { id, status } = await startedOnKept(server);
        const [first, second, ...more] = callsOf(server, `${id}:start`);
        expect({ status, more }).toEqual({ status: 'Running', more: [] });
        expect(second.connection).not.toBe(first.connection);
        expect(second.index).toBe(0);
      });

      it('fails when the new connection ends as well', async () => {
        let kept = false;
        const server = await startServer(({ index }) => {
          kept ||= index > 0;
          return kept ? reaction : 'answer';
        });
        const { id, status, failure_reason } = await startedOnKept(server);
        expect(status).toBe('Failure');
        expect(failure_reason).toMatch(/^on_start webhook failed: call failed/);
        expect(callsOf(server, `${id}:start`)).toHaveLength(2);
      });

      it('is not repeated when the connection was new', async () => {
        const server = await startServer(() => reaction);
        const { a } = await service.create([task('a', server.url)]);
        expect((await settled(a)).status).toBe('Failure');
        expect(server.requests).toEqual([{ key: `${a}:start`, connection: 0, index: 0 }]);
      });
    },
  );

  it('is not repeated when an answer has begun', async () => {
    const server = await startServer(({ index }) => (index === 0 ? 'answer' : 'begin an answer and close'));
    const { id, status } = await startedOnKept(server);
    expect(status).toBe('Failure');
    expect(callsOf(server, `${id}:start`)).toHaveLength(1);
  });

  it('counts as one attempt to deliver a notification, although it is repeated', async () => {
    const server = await startServer(({ index }) => (index === 0 ? 'answer' : 'close'));
    await eventually(
      async () => {
        const { a } = await service.create([task('a', server.url, { on_success: [webhook(server.url)] })]);
        await settled(a);
        await service.succeed(a);
        const deliveries = await eventually(async () => {
          const found = await deliveriesOf(service, a, 'success');
          expect(found).toHaveLength(2);
          return found;
        });
        expect(callsOf(server, `${a}:end:success`)).toHaveLength(2);
        expect(deliveries).toContainEqual(
          expect.objectContaining({ idempotency_key: `${a}:end:success`, attempts: 1 }),
        );
      },
      { timeoutMs: 30_000 },
    );
  });
});

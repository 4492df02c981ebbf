import { ClosingServer, type Deed, type Heard } from '../support/closing-server';
import { eventually } from '../support/poll';
import { Service, type Task, task, webhook } from '../support/service';

const ATTEMPTS = 50;

describe('A call on a connection that was kept', () => {
  let service: Service;
  const servers: ClosingServer[] = [];
  beforeAll(async () => {
    service = await Service.start({ WEBHOOK_MAX_ATTEMPTS: '1' });
  });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
  afterAll(() => service.stop());

  const startServer = async (deedFor: (request: Heard) => Deed) => {
    const server = await ClosingServer.start(deedFor);
    servers.push(server);
    return server;
  };
  const callsOf = ({ heard }: ClosingServer, key: string) => heard.filter((request) => request.key === key);
  const settled = (id: string): Promise<Task> =>
    eventually(async () => {
      const found = await service.task(id);
      expect(['Running', 'Failure']).toContain(found.status);
      return found;
    });

  /**
   * Starts tasks one after another, until the start call of one comes on a connection that was used before, and answers
   * that one: where the machine is busy, a connection is given up before the next call.
   */
  const startedOnKept = async (server: ClosingServer): Promise<Task> => {
    for (let i = 0; i < ATTEMPTS; i++) {
      const { a } = await service.create([task('a', server.url)]);
      const found = await settled(a);
      if (callsOf(server, `${a}:start`)[0].place > 0) return found;
    }
    throw new Error('No connection was used twice');
  };

  describe.each<{ deed: Deed }>([{ deed: 'close' }, { deed: 'reset' }])(
    'that the receiver ends just then ($deed)',
    ({ deed }) => {
      it('is made once more on a new connection, under the same key, and the task runs', async () => {
        const server = await startServer(({ place }) => (place === 0 ? 'answer' : deed));
        const { id, status } = await startedOnKept(server);
        const [first, second, ...more] = callsOf(server, `${id}:start`);
        expect({ status, more }).toEqual({ status: 'Running', more: [] });
        expect(second.connection).not.toBe(first.connection);
        expect(second.place).toBe(0);
      });

      it('has failed when the new connection ends as well', async () => {
        let kept = false;
        const server = await startServer(({ place }) => {
          kept ||= place > 0;
          return kept ? deed : 'answer';
        });
        const { id, status, failure_reason } = await startedOnKept(server);
        expect(status).toBe('Failure');
        expect(failure_reason).toMatch(/^on_start webhook failed: call failed/);
        expect(callsOf(server, `${id}:start`)).toHaveLength(2);
      });

      it('was made once, if the connection was new', async () => {
        const server = await startServer(() => deed);
        const { a } = await service.create([task('a', server.url)]);
        expect((await settled(a)).status).toBe('Failure');
        expect(server.heard).toEqual([{ key: `${a}:start`, connection: 0, place: 0 }]);
      });
    },
  );

  it('is not made again when an answer has begun', async () => {
    const server = await startServer(({ place }) => (place === 0 ? 'answer' : 'begin an answer and close'));
    const { id, status } = await startedOnKept(server);
    expect(status).toBe('Failure');
    expect(callsOf(server, `${id}:start`)).toHaveLength(1);
  });

  it('is one attempt to deliver a notification, though it was made twice', async () => {
    const server = await startServer(({ place }) => (place === 0 ? 'answer' : 'close'));
    await eventually(
      async () => {
        const { a } = await service.create([task('a', server.url, { on_success: [webhook(server.url)] })]);
        await settled(a);
        await service.succeed(a);
        const { body } = await eventually(async () => {
          const found = await service.call<object[]>('GET', `/webhook-deliveries?task_id=${a}&status=success`);
          expect(found.body).toHaveLength(2);
          return found;
        });
        expect(callsOf(server, `${a}:end:success`)).toHaveLength(2);
        expect(body).toContainEqual(expect.objectContaining({ idempotency_key: `${a}:end:success`, attempts: 1 }));
      },
      { timeoutMs: 30_000 },
    );
  });
});

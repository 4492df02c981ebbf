import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Live } from '../../src/live/live';
import { EventListener } from '../support/events';
import { useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { provider, task } from '../support/service';

const CONNECTIONS = 30;
const PIPELINED = 60;
const RESETS = 300;

describe('Event streams', () => {
  const service = useService({ WORKER_ENABLED: '0' });
  let batch: string;
  beforeAll(async () => {
    ({ batch } = await service.create([task('a', 'http://localhost:1')]));
  });
  afterEach(() => eventually(() => expect(provider(service, Live).load).toEqual({ listeners: 0, polled: 0 })));

  const opened = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const get = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const many = (count: number, one: () => Promise<void>) => Promise.all(Array.from({ length: count }, one));
  const listening = () => provider(service, Live).load.listeners;

  it.each(['GET', 'HEAD'])('that are pipelined (%s) end along with their connections', async (method) => {
    const paths = ['/events', `/batch/${batch}/events`];
    await many(CONNECTIONS, async () => {
      const socket = (await opened()).resume();
      socket.write(Array.from({ length: PIPELINED }, (_, i) => get(paths[i % 2], i === 0 ? method : 'GET')).join(''));
      await once(socket, 'close');
    });
  });

  it.each(['/events', '/batch/{batch}/events'])(
    'release everything when connections are reset at once (%s)',
    async (path) => {
      await many(RESETS, async () => {
        const socket = await opened();
        await new Promise<void>((resolve) => socket.write(get(path.replace('{batch}', batch)), () => resolve()));
        socket.resetAndDestroy();
      });
      const listener = await EventListener.open(`${service.url}/events`);
      await eventually(() => expect(listening()).toBe(1));
      listener.close();
    },
  );

  it('release everything when clients close after their request', async () => {
    await many(CONNECTIONS, async () => {
      (await opened()).end(get('/events').repeat(PIPELINED));
    });
    const listener = await EventListener.open(`${service.url}/events`);
    await eventually(() => expect(listening()).toBe(1));
    listener.close();
  });

  it.each(['2026-99-99T99:99:99.999Z', '0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '9'.repeat(18)])(
    'that resume with the id %s do not silence later ones',
    async (lastId) => {
      const paths = ['/events', `/batch/${batch}/events`];
      const first = await Promise.all(paths.map((path) => EventListener.open(service.url + path, lastId)));
      const later = await Promise.all(paths.map((path) => EventListener.open(service.url + path)));
      const { a, batch: created } = await service.create([task('a', 'http://localhost:1')]);
      const inOld = await service.query(
        `UPDATE task SET priority = priority - 1 WHERE batch_id = '${batch}' RETURNING id`,
      );
      expect(a).toBeDefined();
      for (const [all, one] of [later, first]) {
        await eventually(() =>
          expect(all.of('batch').map(({ batch_id }: { batch_id: string }) => batch_id)).toContain(created),
        );
        await eventually(() => expect(one.of('task').map(({ id }: { id: string }) => id)).toContain(inOld[0].id));
      }
      [...first, ...later].forEach((listener) => listener.close());
    },
  );
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '../support/poll';
import { Service, task } from '../support/service';

const TASKS = 1001;
/** Several parts of the answer, and several times what the system takes in place of a client. */
const LINKS = 50_000;
/** Several parts are the parents of one task. */
const CHILDREN = 7;
const CONNECTIONS = 4;
const MOST_AT_ONCE = 16;

interface Dag {
  tasks: { id: string; name: string }[];
  links: { parent_id: string; child_id: string; requires_success: boolean }[];
}

describe('A graph that is too large for one part', () => {
  let service: Service;
  let batch: string;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    service = await Service.start({ WORKER_ENABLED: '0' });
    ({ batch } = await service.create([task('a', 'http://localhost:1')]));
    await service.query(
      `WITH definition AS (
         INSERT INTO task_definition (id, batch_id, name, on_start)
         SELECT gen_random_uuid(), $1, 'n' || n, '{}' FROM generate_series(2, $2) AS n RETURNING id
       )
       INSERT INTO task (id, batch_id, kind, status, timeout_secs) SELECT id, $1, 'test', 'Waiting', 60 FROM definition`,
      [batch, TASKS],
    );
    await service.query(
      `INSERT INTO link (parent_id, child_id, requires_success)
       SELECT gen_random_uuid(), child.id, n % 3 > 0
       FROM generate_series(1, $2) AS n
       JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM task_definition WHERE batch_id = $1) AS child
         ON child.place = n % $3 * 100 + 1`,
      [batch, LINKS, CHILDREN],
    );
  });
  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
  afterAll(() => service.stop());

  const dag = (id: string) => service.call<Dag>('GET', `/dag/${id}`);
  /** Asks for the graph on connections on which nothing is read. */
  const ask = async (requests: number): Promise<void> => {
    for (let i = 0; i < CONNECTIONS; i++) {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => undefined);
      sockets.push(socket.pause());
      await once(socket, 'connect');
      socket.write(`GET /dag/${batch} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(requests));
    }
  };

  it('is complete, each task and each link once, in the order of their ids', async () => {
    const { status, body, headers } = await dag(batch);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const tasks = await service.query<{ id: string }>('SELECT id FROM task WHERE batch_id = $1 ORDER BY id', [batch]);
    expect(body.tasks.map(({ id }) => ({ id }))).toEqual(tasks);
    const links = await service.query<object>('SELECT * FROM link ORDER BY child_id, parent_id');
    expect(body.links).toHaveLength(LINKS);
    // As texts, for to compare so many objects takes seconds.
    expect(JSON.stringify(body.links) === JSON.stringify(links)).toBe(true);
  });

  it('is sent to a bounded number of clients at once, until they leave, and small ones to all', async () => {
    for (let i = 0; i <= MOST_AT_ONCE; i++)
      expect((await fetch(`${service.url}/dag/${batch}`, { method: 'HEAD' })).status).toBe(200);
    // Of those on one connection, only the first is read from the database to where the client stops.
    await ask(MOST_AT_ONCE / CONNECTIONS);
    await eventually(async () => {
      const { status, headers } = await dag(batch);
      // It may have had the last place itself, and one of them was refused.
      if (status === 200) await ask(1);
      expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    });
    const { batch: small } = await service.create([task('a', 'http://localhost:1')]);
    expect((await dag(small)).status).toBe(200);
    sockets.splice(0).forEach((socket) => socket.destroy());
    await eventually(async () => expect((await dag(batch)).status).toBe(200));
  });
});

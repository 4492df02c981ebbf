import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { task } from '../support/service';

const TASKS = 1001;
/** Enough for several parts of the answer, and for more than socket buffers hold. */
const LINKS = 50_000;
/** Enough parents of one task to fill several parts. */
const CHILDREN = 7;
const CONNECTIONS = 4;
const MOST_AT_ONCE = 16;

interface Dag {
  tasks: { id: string; name: string }[];
  links: { parent_id: string; child_id: string; requires_success: boolean }[];
}

describe('A graph that is sent in several parts', () => {
  const service = useService({ WORKER_ENABLED: '0' });
  let batch: string;
  const sockets: Socket[] = [];
  beforeAll(async () => {
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

  const dag = (id: string) => service.call<Dag>('GET', `/dag/${id}`);
  /** Requests the graph on connections that are never read. */
  const ask = async (requests: number): Promise<void> => {
    for (let i = 0; i < CONNECTIONS; i++) {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => undefined);
      sockets.push(socket.pause());
      await once(socket, 'connect');
      socket.write(`GET /dag/${batch} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(requests));
    }
  };

  it('has each task and each link once, in the order of their ids', async () => {
    const { status, body, headers } = await dag(batch);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const tasks = await service.query<{ id: string }>('SELECT id FROM task WHERE batch_id = $1 ORDER BY id', [batch]);
    expect(body.tasks.map(({ id }) => ({ id }))).toEqual(tasks);
    const links = await service.query<object>('SELECT * FROM link ORDER BY child_id, parent_id');
    expect(body.links).toHaveLength(LINKS);
    // Compared as texts: comparing 50,000 objects takes seconds.
    expect(JSON.stringify(body.links) === JSON.stringify(links)).toBe(true);
  });

  it('is sent to a limited number of clients at once, while small graphs go to all', async () => {
    for (let i = 0; i <= MOST_AT_ONCE; i++)
      expect((await fetch(`${service.url}/dag/${batch}`, { method: 'HEAD' })).status).toBe(200);
    // On each connection only the first request reads from the database, until the client stops reading.
    await ask(MOST_AT_ONCE / CONNECTIONS);
    await eventually(async () => {
      const { status, headers } = await dag(batch);
      // This request may itself have taken the last slot.
      if (status === 200) await ask(1);
      expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    });
    const { batch: small } = await service.create([task('a', 'http://localhost:1')]);
    expect((await dag(small)).status).toBe(200);
    sockets.splice(0).forEach((socket) => socket.destroy());
    await eventually(async () => expect((await dag(batch)).status).toBe(200));
  });
});

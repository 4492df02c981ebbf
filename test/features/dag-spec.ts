import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { after, task, type Task, webhook } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';

interface Dag {
  tasks: Task[];
  links: { parent_id: string; child_id: string; requires_success: boolean }[];
}

describe('GET /dag', () => {
  const service = useService();
  const receiver = useReceiver();
  const START = receiver.url('/start');

  const dag = (batch: string) => service.call<Dag>('GET', `/dag/${batch}`);

  it('has its tasks in light form and its links, and none of other batches', async () => {
    await service.create([task('x', START), task('y', START, after(['x']))]);
    const { batch, a, b, c } = await service.create([
      task('a', START),
      task('b', START, after(['a'])),
      task('c', START, after(['b'], ['a'])),
    ]);
    await untilRunning(service, a);
    const { status, body } = await dag(batch);
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['links', 'tasks']);
    const { body: listed } = await service.call<Task[]>('GET', `/task?batch_id=${batch}`);
    const byId = (one: Task, other: Task) => (one.id < other.id ? -1 : 1);
    expect([...body.tasks].sort(byId)).toEqual([...listed].sort(byId));
    expect(body.tasks.map(({ id, status }) => [id, status])).toEqual([
      [a, 'Running'],
      [b, 'Waiting'],
      [c, 'Waiting'],
    ]);
    expect(body.links).toHaveLength(3);
    expect(body.links).toEqual(
      expect.arrayContaining([
        { parent_id: a, child_id: b, requires_success: true },
        { parent_id: b, child_id: c, requires_success: true },
        { parent_id: a, child_id: c, requires_success: false },
      ]),
    );
  });

  it('has an empty list of links for a batch without links', async () => {
    const { batch } = await service.create([task('a', START)]);
    expect((await dag(batch)).body.links).toEqual([]);
  });

  it('is complete for a large batch', async () => {
    const many = Array.from({ length: 500 }, (_, i) => task(`n${i}`, START, i > 0 ? after(['n0']) : {}));
    const { batch } = await service.create(many);
    const { body } = await dag(batch);
    expect([body.tasks.length, body.links.length]).toEqual([500, 499]);
  });

  it('is 404 for a batch without tasks and 400 for an id that is no UUID', async () => {
    expect((await dag(NOBODY)).status).toBe(404);
    expect((await dag('17')).status).toBe(400);
    const { headers } = await service.call('POST', '/task', {
      tasks: [],
      on_batch_complete: [webhook(receiver.url('/complete'))],
    });
    expect((await dag(headers.get('x-batch-id')!)).status).toBe(404);
  });
});

const TASKS = 1001;
/** Enough for several parts of the answer, and for more than socket buffers hold. */
const LINKS = 50_000;
/** Enough parents of one task to fill several parts. */
const CHILDREN = 7;
const CONNECTIONS = 4;
const MOST_AT_ONCE = 16;
/** Each request of a large graph takes seconds on a busy machine. */
const PATIENCE = { timeoutMs: 20_000 };

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
    }, PATIENCE);
    const { batch: small } = await service.create([task('a', 'http://localhost:1')]);
    expect((await dag(small)).status).toBe(200);
    sockets.splice(0).forEach((socket) => socket.destroy());
    await eventually(async () => expect((await dag(batch)).status).toBe(200));
  });
});

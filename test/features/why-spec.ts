import { randomUUID } from 'node:crypto';
import { useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { blocking, concurrency } from '../support/rules';
import { after, task } from '../support/service';

interface Why {
  id: string;
  status: string;
  summary: string;
  reasons: { type: string; text: string; tasks: { id: string; name: string; status: string }[] }[];
}

describe('GET /task/{id}/why', () => {
  const receiver = useReceiver();
  const service = useService();

  const url = () => receiver.url('/start');
  const why = async (id: string, at = service): Promise<Why> => {
    const { status, body } = await at.call<Why>('GET', `/task/${id}/why`);
    expect(status).toBe(200);
    expect(body.summary).toBe(body.reasons.map(({ text }) => `${text}.`).join(' '));
    return body;
  };

  it('names only the unfinished parents of a waiting task', async () => {
    const { a, b, c } = await service.create([
      task('a', url()),
      task('b', url()),
      task('c', url(), after(['a'], ['b'])),
    ]);
    await untilRunning(service, a, b);
    expect(await why(c)).toMatchObject({
      id: c,
      status: 'Waiting',
      reasons: [{ type: 'parents', text: 'Waits for 2 unfinished parents' }],
    });
    await service.succeed(a);
    const { reasons } = await why(c);
    expect(reasons).toEqual([
      {
        type: 'parents',
        text: 'Waits for 1 unfinished parent',
        tasks: [{ id: b, name: 'Task b', status: 'Running' }],
      },
    ]);
  });

  it.each([
    [
      'concurrency',
      { type: 'Concurrency', max_concurrency: 2 },
      'Concurrency limit reached: 2 of 2 running (kind concurrency, same project)',
    ],
    [
      'capacity',
      { type: 'Capacity', max_capacity: 10 },
      'Capacity limit reached: 12 of 10 items left in running tasks (kind capacity, same project)',
    ],
  ])('names the %s rule that blocks a task, and the tasks that hold it', async (kind, limit, text) => {
    const rules = [{ ...limit, matcher: { kind, status: 'Running', fields: ['project'] } }];
    const one = (id: string, project: string) =>
      task(id, url(), { kind, metadata: { project }, expected_count: 6, rules });
    const { a, b, c, other } = await service.create([
      one('a', 'shop'),
      one('b', 'shop'),
      one('c', 'shop'),
      one('other', 'site'),
    ]);
    await untilRunning(service, a, b, other);
    const { status, reasons } = await why(c);
    expect({ status, types: reasons.map(({ type }) => type) }).toEqual({ status: 'Pending', types: ['rule'] });
    expect(reasons[0].text).toBe(text);
    expect(reasons[0].tasks.map(({ id }) => id).sort()).toEqual([a, b].sort());
  });

  it('names what each rule needs and a task lacks, and equal rules once', async () => {
    const rules = [blocking('x'), blocking('x'), concurrency('y', 2, ['team', 'region'])];
    const { a } = await service.create([task('a', url(), { metadata: { team: 'shop' }, rules })]);
    expect((await why(a)).reasons).toEqual(
      ['x needs the metadata field missing', 'y needs the metadata field region'].map((need) => ({
        type: 'rule',
        text: `The Concurrency rule on kind ${need}, which the task lacks`,
        tasks: [],
      })),
    );
  });

  it('explains a call in flight, work, a pause and an end', async () => {
    const gate = new Gate();
    receiver.reply('/slow', async () => {
      await gate.opened;
      return {};
    });
    const { a } = await service.create([task('a', receiver.url('/slow'))]);
    const is = (status: string, ...types: string[]) =>
      eventually(async () => {
        const { reasons, ...found } = await why(a);
        expect({ status: found.status, types: reasons.map(({ type }) => type) }).toEqual({ status, types });
        return reasons;
      });
    const [starting] = await is('Claimed', 'starting');
    expect(starting.text).toMatch(/^on_start has been in flight since \d/);
    gate.open();
    const [running] = await is('Running', 'running');
    expect(running.text).toMatch(/^Running since \d.*; last report at \d/);
    await service.call('PATCH', `/task/pause/${a}`);
    const [paused] = await is('Paused', 'paused', 'running');
    expect(paused.text).toBe('Paused while Running; resume it to continue');
    await service.fail(a, 'The disk is full');
    const [ended] = await is('Failure', 'ended');
    expect(ended.text).toMatch(/^Ended as Failure at \d.*: The disk is full$/);
  });

  describe('of a task that may start', () => {
    const idle = useService({ WORKER_ENABLED: '0' });

    it('says that no worker is online, or how many tasks come first', async () => {
      const { low } = await idle.create([task('high', url(), { priority: 1 }), task('low', url())]);
      expect((await why(low, idle)).reasons).toEqual([
        { type: 'no_worker', text: 'No worker is online (`WORKER_ENABLED=1`)', tasks: [] },
      ]);
      // Another worker is online.
      await idle.query('INSERT INTO worker (id) VALUES ($1)', [randomUUID()]);
      expect((await why(low, idle)).reasons).toEqual([
        { type: 'order', text: 'Ready to start: 1 task is ahead of it', tasks: [] },
      ]);
    });
  });

  it('is answered 404 for an unknown task and 400 for a malformed id', async () => {
    expect((await service.call('GET', `/task/${randomUUID()}/why`)).status).toBe(404);
    expect((await service.call('GET', '/task/seven/why')).status).toBe(400);
  });
});

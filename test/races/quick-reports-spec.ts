import { afterTest, useReceiver, useService } from '../support/fixture';
import { allDelivered, runTask } from '../support/graph';
import { eventually } from '../support/poll';
import type { Call, Reply } from '../support/receiver';
import { useReplicas } from '../support/replicas';
import { Scrape } from '../support/scrape';
import { idsOf, type Service, task, webhook } from '../support/service';

/** Tasks one after another. A busy machine may make some of their reports late. */
const TASKS = 10;

describe('A report close to the answer of the start call', () => {
  const receiver = useReceiver();
  const [service, other] = useReplicas();
  const replicas = [service, other];

  const taskOf = ({ headers }: Call) => String(headers['x-task-id']);
  const quick = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      task(`t${i}`, receiver.url('/quick'), { on_success: [webhook(receiver.url('/told'))] }),
    );
  /** Reports a success so many ms after the answer. */
  const reportLater = (id: string, ms: number, to: Service) => {
    const timer = setTimeout(() => void to.succeed(id), ms);
    afterTest(() => clearTimeout(timer));
    return {};
  };

  it('ends each task once, whether it comes before or after the answer, and to whichever replica', async () => {
    let calls = 0;
    receiver.reply('/quick', async (call): Promise<Reply> => {
      const n = calls++;
      const to = replicas[n % 2];
      if (n % 3 > 0) return reportLater(taskOf(call), n % 40, to);
      await to.succeed(taskOf(call));
      return {};
    });
    const ids = idsOf(await service.create(quick(120)));
    await eventually(async () => {
      const open = await service.query(
        'SELECT id, status, claimed_by FROM task WHERE id = ANY ($1) AND (ended_at IS NULL OR claimed_by IS NOT NULL)',
        [ids],
      );
      expect(open).toEqual([]);
    });
    await allDelivered(service);
    for (const path of ['/quick', '/told'])
      expect(receiver.received(path).map(taskOf).toSorted()).toEqual(ids.toSorted());
    const history = await service.query(
      `SELECT task_id FROM delivery WHERE task_id = ANY ($1) AND trigger = 'start' AND status = 'success' ORDER BY 1`,
      [ids],
    );
    expect(history.map(({ task_id }) => task_id)).toEqual(ids.toSorted());
  });
});

describe('An acceptance', () => {
  const receiver = useReceiver();
  const service = useService();
  const recordedAlone = async () =>
    (await Scrape.of(service)).sum('hookline_query_duration_seconds_count', { statement: 'task-record-start-results' });

  it('is written with a report that follows at once, and otherwise alone', async () => {
    receiver.reply('/quick', ({ headers }) => {
      setTimeout(() => void service.succeed(String(headers['x-task-id'])), 1);
      return {};
    });
    for (let n = 0; n < TASKS; n++) {
      const { a } = await service.create([task('a', receiver.url('/quick'))]);
      await eventually(async () => expect((await service.task(a)).status).toBe('Success'));
    }
    const quick = await recordedAlone();
    expect(quick).toBeLessThan(TASKS / 2);
    await runTask(service, receiver.url('/slow'));
    expect(await recordedAlone()).toBe(quick + 1);
  });
});

import { useReceiver } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { useReplicas } from '../support/replicas';
import { task } from '../support/service';

const INCREMENTS = 800;
const CALLERS = 50;

describe('With two replicas, progress', () => {
  const replicas = useReplicas();
  const receiver = useReceiver();
  afterEach(() => recount(replicas[0]));

  async function running(count: number): Promise<string[]> {
    const names = Array.from({ length: count }, (_, n) => `t${n}`);
    const ids = await replicas[0].create(names.map((name) => task(name, receiver.url('/start'))));
    await untilRunning(replicas[0], ...names.map((name) => ids[name]));
    return names.map((name) => ids[name]);
  }
  /** Sends requests from many callers, each one after the other, and returns their statuses. */
  async function send(count: number, request: (n: number) => Promise<{ status: number }>): Promise<number[]> {
    const statuses: number[] = [];
    let next = 0;
    const caller = async () => {
      while (next < count) {
        const n = next++;
        statuses[n] = (await request(n)).status;
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    return statuses;
  }
  const put = (n: number, id: string, new_success: number, new_failures = 0) =>
    replicas[n % 2].call('PUT', `/task/${id}`, { new_success, new_failures });

  it('of few tasks from many callers adds up exactly', async () => {
    const ids = await running(5);
    const sums = new Map(ids.map((id) => [id, { success: 0, failures: 0 }]));
    const statuses = await send(INCREMENTS, (n) => {
      const id = ids[Math.floor(n / 2) % 5];
      const [success, failures] = [1 + (n % 3), n % 2];
      sums.get(id)!.success += success;
      sums.get(id)!.failures += failures;
      return put(n, id, success, failures);
    });
    expect(new Set(statuses)).toEqual(new Set([202]));
    for (const [id, sum] of sums) expect(await replicas[0].task(id)).toMatchObject(sum);
  });

  it('adds up exactly beside reports, pauses, resumes and ends', async () => {
    const ids = await running(10);
    const idOf = (n: number) => ids[n % 10];
    const isReport = (n: number) => n % 7 === 0;
    const isIncrement = (n: number) => !isReport(n) && n % 11 !== 0 && n < 290;
    const statuses = await send(300, (n) => {
      const replica = replicas[Math.floor(n / 10) % 2];
      if (isReport(n)) return replica.report(idOf(n), { new_success: 1 });
      if (isIncrement(n)) return replica.call('PUT', `/task/${idOf(n)}`, { new_success: 1 });
      if (n < 290) return replica.call('PATCH', `/task/${n % 2 ? 'pause' : 'resume'}/${idOf(n)}`);
      return replica.succeed(idOf(n));
    });
    const sums = new Map(ids.map((id) => [id, 0]));
    for (const [n, status] of statuses.entries()) {
      if (isIncrement(n)) expect(status).toBe(202);
      if (isIncrement(n) || (isReport(n) && status === 200)) sums.set(idOf(n), sums.get(idOf(n))! + 1);
    }
    for (const [id, success] of sums) expect(await replicas[0].task(id)).toMatchObject({ success });
  });

  it('of many tasks at the same moment adds up exactly', async () => {
    const ids = await running(200);
    const statuses = await send(400, (n) => put(Math.floor(n / 200), ids[(n * 7) % 200], 1));
    expect(new Set(statuses)).toEqual(new Set([202]));
    const rows = await replicas[0].query('SELECT DISTINCT success FROM task WHERE id = ANY ($1::uuid[])', [ids]);
    expect(rows).toEqual([{ success: 2 }]);
  });
});

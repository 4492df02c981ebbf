import { HandleTokens } from '../../src/access/handle-tokens';
import { loadConfig } from '../../src/config/load';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { task } from '../support/service';

describe('The receiver of a task', () => {
  const TOKEN = 'the-token-of-the-service';
  const receiver = useReceiver();
  const service = useService({ AUTH_TOKEN: TOKEN });
  beforeAll(() => (service.token = TOKEN));
  let paths = 0;
  const { access } = loadConfig({ AUTH_TOKEN: TOKEN });
  const handles = HandleTokens.of(access)!;

  /** Creates a running task; returns its ids, and a function that adds a task with the token of its handle. */
  async function started() {
    const path = `/start/${paths++}`;
    const { a, batch } = await service.create([
      task('a', receiver.url(path), { retry: { max_attempts: 2, delay_secs: 100 } }),
    ]);
    await untilRunning(service, a);
    const token = new URL(receiver.received(path)[0].query.get('handle')!).searchParams.get('token')!;
    const add = (to: string, by?: 'bearer' | 'query', rest?: object) => addWith(token, to, by, rest);
    return { a, batch, add, token };
  }

  const addWith = (token: string, batch: string, by: 'bearer' | 'query' = 'bearer', rest: object = {}) =>
    fetch(`${service.url}/batch/${batch}/task${by === 'query' ? `?token=${token}` : ''}`, {
      method: 'POST',
      body: JSON.stringify([task('more', receiver.url('/more'), rest)]),
      headers: { 'content-type': 'application/json', ...(by === 'bearer' && { authorization: `Bearer ${token}` }) },
    });

  it.each(['bearer', 'query'] as const)('may add tasks to its batch with the token of its handle (%s)', async (by) => {
    const { batch, add } = await started();
    expect((await add(batch, by)).status).toBe(201);
  });

  it('may not add tasks to another batch', async () => {
    const [{ add }, other] = [await started(), await started()];
    expect((await add(other.batch)).status).toBe(403);
  });

  it('needs a token that is signed, current, and allows reports', async () => {
    const { a, batch, token } = await started();
    const other = await started();
    const signature = token.slice(token.lastIndexOf('.'));
    const forged = other.token.slice(0, other.token.lastIndexOf('.')) + signature;
    const expired = HandleTokens.of({ ...access, handleTtlSecs: -1 })!.issue(a, 1, 'report');
    const tokens = [forged, expired, handles.issue(a, 1, 'read')];
    for (const by of ['bearer', 'query'] as const) {
      const answers = await Promise.all(tokens.map((wrong) => addWith(wrong, batch, by)));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 403]);
    }
  });

  it('may not ask for deduplication, which looks at the tasks of all batches', async () => {
    const { batch, add } = await started();
    const dedupe_strategy = [{ kind: 'test', status: 'Running', fields: [] }];
    expect((await add(batch, 'bearer', { dedupe_strategy })).status).toBe(403);
  });

  it('may add no more tasks when its attempt is over', async () => {
    const { a, batch, add } = await started();
    await service.fail(a);
    const over = await add(batch);
    expect([over.status, await over.json()]).toEqual([409, expect.objectContaining({ current_attempt: 2 })]);
    await service.call('DELETE', `/task/${a}`);
    expect((await add(batch)).status).toBe(409);
  });

  it('may add no more tasks when the task has ended', async () => {
    const { a, batch, add } = await started();
    await service.succeed(a);
    const over = await add(batch);
    expect([over.status, await over.json()]).toEqual([409, expect.objectContaining({ current_status: 'Success' })]);
    expect((await service.call('GET', `/batch/${batch}`)).body).toMatchObject({ total_tasks: 1 });
  });
});

import { RetentionLoop } from '../../src/retention/retention.loop';
import { useService } from '../support/fixture';
import { ORPHANS } from '../support/recount';
import { after, provider, task } from '../support/service';

const URL = 'http://receiver.test/start';
const ROUNDS = 6;
const TASKS = 3000;
const CREATORS = 6;

describe('Retention, while requests find duplicates among the tasks it removes,', () => {
  const service = useService({ WORKER_ENABLED: '0', RETENTION_DAYS: '0', RETENTION_BATCH_SIZE: '5000' });

  it('leaves no link to a removed task', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const like = (n: number) => ({ kind: 'k', metadata: { number: round * TASKS + n } });
      const { batch } = await service.create(Array.from({ length: TASKS }, (_, i) => task(`t${i}`, URL, like(i))));
      await service.call('DELETE', `/batch/${batch}`);
      const dedupe_strategy = [{ kind: 'k', status: 'Canceled', fields: ['number'] }];
      const create = () =>
        service.call('POST', '/task', [
          task('original', URL, { ...like(Math.floor(Math.random() * TASKS)), dedupe_strategy }),
          task('child', URL, after([], ['original'])),
        ]);
      let isOver = false;
      const creating = Array.from({ length: CREATORS }, async () => {
        while (!isOver) expect((await create()).status).toBe(201);
      });
      await create();
      await provider(service, RetentionLoop).runOnce();
      isOver = true;
      await Promise.all(creating);
      expect(await service.query(ORPHANS)).toEqual([]);
    }
  }, 120_000);
});

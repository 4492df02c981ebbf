import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportDiligently } from '../support/diligent';
import { createDatabase, startReceiver, startService } from '../support/fixture';
import { allDelivered } from '../support/graph';
import { eventually } from '../support/poll';
import type { TestDatabase } from '../support/postgres';
import { ServiceProcess, useProcesses } from '../support/process';
import type { Call, Receiver } from '../support/receiver';
import { makeDue } from '../support/rows';
import { after, idsOf, type ServiceClient, task, webhook } from '../support/service';

const FAST = { WORKER_CLAIM_TIMEOUT_SECS: '2' };

describe('A service that is killed', () => {
  useProcesses();
  let receiver: Receiver;
  beforeEach(() => {
    receiver = startReceiver();
  });
  afterEach(() => ServiceProcess.killAll());

  const keyOf = ({ headers }: Call) => String(headers['idempotency-key']);
  const keys = (path: string) => receiver.received(path).map(keyOf);

  describe('while its database runs on', () => {
    let database: TestDatabase;
    beforeEach(async () => void (database = await createDatabase()));
    const start = (env: Record<string, string> = {}) =>
      ServiceProcess.start({ DATABASE_URL: database.url, ...FAST, ...env });
    const startNext = () => startService(FAST, database.url);
    const isRunning = (service: ServiceClient, id: string) =>
      eventually(async () => expect(await service.task(id)).toMatchObject({ status: 'Running' }));

    it('between commit and delivery has the next process deliver, with the same keys', async () => {
      const first = await start({ WEBHOOK_DELIVERY_CONCURRENCY: '1' });
      receiver.reply('/hangs', 'silence', {});
      const { a } = await first.create([
        task('a', receiver.url('/start'), {
          on_success: [webhook(receiver.url('/hangs')), webhook(receiver.url('/behind'))],
        }),
      ]);
      await isRunning(first, a);
      expect((await first.succeed(a)).status).toBe(200);
      // One was sent but not answered; the other is committed and was never sent.
      await receiver.waitFor(1, '/hangs');
      await first.end('SIGKILL');
      expect(keys('/behind')).toEqual([]);

      const next = await startNext();
      await receiver.waitFor(1, '/behind');
      // Ends the lease of the first one.
      await makeDue(next);
      await receiver.waitFor(2, '/hangs');
      await allDelivered(next);
      expect(keys('/hangs')).toEqual([`${a}:end:success`, `${a}:end:success`]);
      expect(keys('/behind')).toEqual([`${a}:end:success:1`]);
    });

    it('while a receiver delays its answer has the next process call again', async () => {
      const first = await start();
      receiver.reply('/held', 'silence', {});
      const { a } = await first.create([task('a', receiver.url('/held'))]);
      await receiver.waitFor(1, '/held');
      await first.end('SIGKILL');
      await isRunning(await startNext(), a);
      expect(keys('/held')).toEqual([`${a}:start`, `${a}:start`]);
    });

    it('under load loses nothing that it acknowledged', async () => {
      const first = await start();
      const tasks = idsOf(
        await first.create(
          Array.from({ length: 40 }, (_, i) =>
            task(`t${i}`, receiver.url('/start'), { on_success: [webhook(receiver.url('/done'))] }),
          ),
        ),
      );
      for (const id of tasks) await isRunning(first, id);
      const counted = new Map(tasks.map((id) => [id, 0]));
      const succeeded: string[] = [];
      const created: string[] = [];
      // Until the service is gone, when a request is rejected.
      const untilGone = async (work: () => Promise<void>) => {
        for (;;) await work();
      };
      const clients = [
        ...tasks.slice(0, 20).map((id) =>
          untilGone(async () => {
            const { status } = await first.call('PUT', `/task/${id}`, { new_success: 1 });
            if (status === 202) counted.set(id, counted.get(id)! + 1);
          }),
        ),
        untilGone(async () => {
          const id = tasks.slice(20).find((id) => !succeeded.includes(id));
          if (id && (await first.succeed(id)).status === 200) succeeded.push(id);
          const { a } = await first.create([task('a', receiver.url('/start'))]);
          created.push(a);
        }),
      ];
      const gone = Promise.allSettled(clients);
      await eventually(() => expect(Math.min(succeeded.length, created.length)).toBeGreaterThan(5));
      await first.end('SIGKILL');
      await gone;

      const next = await startNext();
      const rows = await next.query<{ id: string; status: string; success: number }>(
        'SELECT id, status, success FROM task',
      );
      const kept = new Map(rows.map((row) => [row.id, row]));
      for (const [id, n] of counted) expect(kept.get(id)!.success).toBeGreaterThanOrEqual(n);
      expect(Math.max(...counted.values())).toBeGreaterThan(0);
      expect(succeeded.map((id) => kept.get(id)!.status)).toEqual(succeeded.map(() => 'Success'));
      expect(created.filter((id) => !kept.has(id))).toEqual([]);

      await makeDue(next);
      await eventually(() =>
        expect(keys('/done')).toEqual(expect.arrayContaining(succeeded.map((id) => `${id}:end:success`))),
      );
      for (const id of created) await isRunning(next, id);
    });
  });

  describe('together with its embedded database', () => {
    const WIDTH = 200;
    const ANSWERED = 70;
    const SLOTS = 20;
    /** Calls that one host may have at once; near that, it is not called for the last few. */
    const [NEARLY_ITS_SHARE, SHARE] = [12, 15];
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'hookline-crash-'));
      chmodSync(folder, 0o711); // Root's server runs under another account.
    });
    afterEach(async () => {
      await ServiceProcess.killAll();
      // The database ends by itself after its service, and writes until then.
      await eventually(() => rmSync(folder, { recursive: true, force: true }));
    });

    it('continues a wide graph on the same folder, and repeats only calls that were in flight or not yet recorded', async () => {
      const env = { EMBEDDED_DATA_DIR: join(folder, 'data'), WORKER_WEBHOOK_CONCURRENCY: String(SLOTS), ...FAST };
      const first = await ServiceProcess.start(env);
      const workers: Promise<void>[] = [];
      let calls = 0;
      let inFlight = 0;
      let isKilled = false;
      receiver.reply('/work', (call) => {
        // In the middle of the graph, unanswered calls fill the slots of the receiver; then the service is killed.
        if (++calls > ANSWERED && inFlight < SHARE && !isKilled) {
          inFlight++;
          return 'silence';
        }
        workers.push(reportDiligently(call));
        return {};
      });
      const leaves = Array.from({ length: WIDTH }, (_, i) => `leaf${i}`);
      const created = await first.create([
        task('root', receiver.url('/work')),
        ...leaves.map((id) => task(id, receiver.url('/work'), after(['root']))),
        task('sink', receiver.url('/work'), { ...after(leaves), on_success: [webhook(receiver.url('/done'))] }),
      ]);
      await receiver.waitFor(ANSWERED + NEARLY_ITS_SHARE, '/work', 20_000);
      await first.end('SIGKILL');
      isKilled = true;

      const second = await ServiceProcess.start(env, { port: first.port });
      await receiver.waitFor(1, '/done', 40_000);
      await Promise.all(workers);
      expect((await second.call('GET', `/batch/${created.batch}`)).body).toMatchObject({
        total_tasks: WIDTH + 2,
        status_counts: { success: WIDTH + 2 },
      });
      const sent = keys('/work');
      expect(new Set(sent)).toEqual(new Set(idsOf(created).map((id) => `${id}:start`)));
      const twice = sent.length - new Set(sent).size;
      // Some answered calls may not have been recorded yet; others have had their slots meanwhile.
      expect(twice).toBeGreaterThanOrEqual(inFlight);
      expect(twice).toBeLessThanOrEqual(2 * SLOTS);
      expect(await second.end('SIGTERM')).toBe(0);
    }, 90_000);
  });
});

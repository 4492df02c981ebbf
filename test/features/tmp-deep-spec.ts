import { untilRunning } from '../support/graph';
import { Receiver } from '../support/receiver';
import { after, Service, task } from '../support/service';
test.each([100, 1000, 9990])(
  'deep climb %i',
  async (n) => {
    const receiver = await Receiver.start();
    const service = await Service.start();
    const START = receiver.url('/start');
    const chain = Array.from({ length: n }, (_, i) => task(`n${i}`, START, i ? after([`n${i - 1}`]) : {}));
    const ids = await service.create([...chain, task('bad', START), task('end', START, after([`n${n - 1}`, 'bad']))]);
    await untilRunning(service, ids.n0, ids.bad);
    const t = performance.now();
    const { status } = await service.fail(ids.bad);
    console.log(n, status, Math.round(performance.now() - t), 'ms', await service.task(ids.n0).then((x) => x.status));
    await service.stop();
    await receiver.close();
  },
  120_000,
);
test('wide fall', async () => {
  const receiver = await Receiver.start();
  const service = await Service.start({ MAX_TASKS_PER_BATCH: '300000', PAYLOAD_MAX_BYTES: '200000000' });
  const START = receiver.url('/start');
  const n = 150000;
  const ids = await service.create([
    task('bad', START),
    ...Array.from({ length: n }, (_, i) => task(`n${i}`, START, after(['bad']))),
  ]);
  await untilRunning(service, ids.bad);
  const t = performance.now();
  const { status, body } = await service.fail(ids.bad);
  console.log(n, status, body, Math.round(performance.now() - t), 'ms');
  await service.stop();
  await receiver.close();
}, 120_000);

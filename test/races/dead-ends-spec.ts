import { expectNoDeadlock } from '../support/deadlocks';
import { statesOf, untilRunning } from '../support/graph';
import { cloneDatabase } from '../support/postgres';
import { Receiver } from '../support/receiver';
import { recount } from '../support/recount';
import { after, Service, task } from '../support/service';

test('A dead end is found without a deadlock when two replicas end its last children at the same moment', async () => {
  const receiver = await Receiver.start();
  const START = receiver.url('/start');
  const database = await cloneDatabase();
  const replicas = [await Service.start({}, database.url), await Service.start({}, database.url)];
  const [service] = replicas;
  // Twenty graphs a round, so that the flushes of both replicas lock several of them in different orders.
  const graph = (n: number) => [
    task(`top${n}`, START),
    task(`parent${n}`, START, after([], [`top${n}`])),
    ...[1, 2].flatMap((side) => [
      task(`bad${n}-${side}`, START),
      task(`child${n}-${side}`, START, after([`parent${n}`, `bad${n}-${side}`])),
    ]),
  ];
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  for (let round = 0; round < 10; round++) {
    const ids = await service.create(numbers.flatMap(graph));
    await untilRunning(service, ...numbers.flatMap((n) => [ids[`top${n}`], ids[`bad${n}-1`], ids[`bad${n}-2`]]));
    const answers = await Promise.all(
      numbers.flatMap((n) => [1, 2].map((side) => replicas[(n + side) % 2].fail(ids[`bad${n}-${side}`]))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const states = await statesOf(service, ids.batch);
    expect(new Set(numbers.flatMap((n) => [states[`top${n}`], states[`parent${n}`]]))).toEqual(new Set(['Canceled']));
    await recount(service);
  }
  for (const replica of replicas) await replica.stop();
  await expectNoDeadlock(database.url);
  await database.drop();
  await receiver.close();
});

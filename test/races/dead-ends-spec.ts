import { useReceiver } from '../support/fixture';
import { statesOf, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { useReplicas } from '../support/replicas';
import { after, task } from '../support/service';

describe('A dead end', () => {
  const replicas = useReplicas();
  const [service] = replicas;
  const START = useReceiver().url('/start');
  // Twenty graphs a round, so that the flushes of both replicas lock several of them in different orders.
  const graph = (n: number) => [
    task(`top${n}`, START),
    task(`parent${n}`, START, after([], [`top${n}`])),
    ...[1, 2].flatMap((side) => [
      task(`bad${n}-${side}`, START),
      task(`child${n}-${side}`, START, after([`parent${n}`, `bad${n}-${side}`])),
    ]),
  ];

  it('is found without a deadlock when two replicas end its last children at the same moment', async () => {
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    for (let round = 0; round < 6; round++) {
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
  });
});

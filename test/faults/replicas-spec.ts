import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BUILD_MS, builtService } from '../support/process';
import { LONG, scaled, scenario } from './harness/scenario';
import { PLACES } from './harness/stage';

const preload = (name: string) => resolve('test/faults/harness', name);

describe('Under load, with two replicas, nothing is lost when', () => {
  beforeAll(builtService, BUILD_MS);
  const TIMEOUT_MS = scaled(600_000, 120_000);

  it(
    'a replica is killed again and again',
    () =>
      scenario('A replica is killed with -9', { start: () => ({ preload: '/tmp/list.cjs' }) }, async (stage) => {
        const times = scaled(12, 3);
        for (let i = 0; i < times; i++) {
          await stage.kill(i % 2);
          await stage.recovered();
          await stage.restart(i % 2);
          await pause(scaled(2000, 500));
        }
        return { broken: `${times} kills`, mayRepeat: times * 2 * PLACES };
      }),
    TIMEOUT_MS,
  );
});
(void LONG, preload);

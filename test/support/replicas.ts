import { expectNoDeadlock } from './deadlocks';
import { useDatabase } from './fixture';
import { Service } from './service';

/**
 * Returns two services that run on one database during the tests of the enclosing `describe`, and checks after them that no
 * two transactions deadlocked.
 */
export function useReplicas(env: Record<string, string> = {}, otherEnv = env): [Service, Service] {
  const replicas: [Service, Service] = [new Service(), new Service()];
  afterAll(async () => {
    for (const replica of replicas) await replica.stop();
    await expectNoDeadlock(database.url);
  });
  const database = useDatabase();
  beforeAll(async () => {
    await replicas[0].start(env, database.url);
    await replicas[1].start(otherEnv, database.url);
  });
  return replicas;
}

import { claimAll } from './rows';
import { type Answer, type Service, task } from './service';

/** For tasks that no worker starts. */
export const NOWHERE = 'http://127.0.0.1:9/';

/** The result of an item. */
interface Result {
  id: string | null;
  status: number;
  error?: string;
  current_status?: string;
  current_attempt?: number;
}

/** The answer to a bulk, or a problem. */
export type Results = Answer<{ results: Result[]; details: string[]; error: string }>;

export const success = (id: string) => ({ id, status: 'Success' });
export const statusesOf = ({ body }: Results) => body.results.map(({ status }) => status);
export const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));

/** Creates tasks that accept reports, and returns their ids. */
export async function claimedTasks(service: Service, count: number, rest: object = {}): Promise<string[]> {
  const created = await service.create(times(count, (n) => task(String(n), NOWHERE, rest)));
  await claimAll(service, created.batch);
  return times(count, (n) => created[String(n)]);
}

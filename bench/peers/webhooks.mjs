import { Pool } from 'undici';
import { payload } from '../client/tasks.mjs';

const HEADERS = { 'content-type': 'application/json' };

/** The two webhooks of a task, as a job's handler would call them: one pool of connections, an error for any other answer. */
export function webhooks(receiver, connections) {
  const pool = new Pool(receiver, { connections });
  const post = async (path, { number }, event) => {
    const body = JSON.stringify(payload(number, event));
    const answer = await pool.request({ method: 'POST', path, headers: HEADERS, body });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`${path} was answered ${answer.statusCode}`);
  };
  return {
    start: (job, handle) => post(handle ? `/start?handle=${encodeURIComponent(handle)}` : '/start', job, 'start'),
    success: (job) => post('/success', job, 'success'),
  };
}

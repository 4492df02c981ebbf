import type { Service } from './service';

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface Problem {
  error: string;
  details: string[];
  batch_id?: string;
}

/** Expects a complete 400 that creates nothing, and returns its details. */
export async function refusal(at: Service, body: unknown): Promise<string[]> {
  const answer = await at.call<Problem>('POST', '/task', body);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ title: 'Bad Request', status: 400, error: expect.any(String) as string });
  expect(answer.body.batch_id).toMatch(UUID);
  expect(await at.query('SELECT FROM batch WHERE id = $1', [answer.body.batch_id])).toEqual([]);
  return answer.body.details;
}

export const fieldsOf = (details: string[]) => details.map((fault) => fault.replace(/: .*/s, ''));

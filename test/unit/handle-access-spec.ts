import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AccessPolicy } from '../../src/access/access-policy';
import { HandleTokens } from '../../src/access/handle-tokens';
import { loadConfig } from '../../src/config/load';
import { basic } from '../support/send';

const TOKEN = 'first-token-0123456789';

describe('A request that adds tasks to a batch', () => {
  const config = loadConfig({ AUTH_TOKEN: TOKEN });
  const { access } = config;
  const handles = HandleTokens.of(access)!;
  const taskId = randomUUID();

  /** Returns the answer of the access policy, and the attempt for which the request may act. */
  function decide({ query = {}, authorization, policy = AccessPolicy.of(config)!, method = 'POST' }: Decision) {
    const request = {
      method,
      query,
      headers: { authorization },
      ip: '192.0.2.1',
      routeOptions: { url: '/batch/:batch_id/task' },
    } as unknown as FastifyRequest;
    const refusal = policy.refusalOf(request);
    return { status: refusal?.status, error: refusal?.body.error, handleOf: request.handleOf };
  }

  interface Decision {
    query?: object;
    authorization?: string;
    policy?: AccessPolicy;
    method?: string;
  }

  it('is accepted with the token of a start call, in the header or in the query', () => {
    const token = handles.issue(taskId, 3, 'report');
    const accepted = { status: undefined, error: undefined, handleOf: { taskId, attempt: 3 } };
    expect(decide({ authorization: `Bearer ${token}` })).toEqual(accepted);
    expect(decide({ query: { token } })).toEqual(accepted);
  });

  it('acts for no single attempt if it has a token of the service', () => {
    const token = handles.issue(taskId, 1, 'report');
    const decision = decide({ authorization: `Bearer ${TOKEN}`, query: { token } });
    expect(decision).toEqual({ status: undefined, error: undefined, handleOf: undefined });
  });

  it('is refused with the token of a notification, and that says why', () => {
    const token = handles.issue(taskId, 1, 'read');
    expect(decide({ query: { token } })).toEqual({
      status: 403,
      error: 'The handle of a notification is read-only; use the handle of the start call',
      handleOf: undefined,
    });
  });

  it('is refused with a token that has expired, was changed, names no task, or comes as a password', () => {
    const expired = HandleTokens.of({ ...access, handleTtlSecs: -1 })!.issue(taskId, 1, 'report');
    const token = handles.issue(taskId, 1, 'report');
    const [attempt, expiry, , signature] = token.split('.');
    const ofAnother = handles.issue(randomUUID(), 1, 'report').split('.')[2];
    expect(decide({ query: { token: expired } })).toMatchObject({
      status: 401,
      error: 'The token of the handle has expired',
    });
    for (const wrong of [
      [attempt, expiry, ofAnother, signature].join('.'),
      [attempt, expiry, signature].join('.'),
      'wrong',
      '',
    ]) {
      expect(decide({ query: { token: wrong } })).toMatchObject({ status: 401, handleOf: undefined });
      expect(decide({ authorization: `Bearer ${wrong}` })).toMatchObject({ status: 401, handleOf: undefined });
    }
    expect(decide({ query: { token: TOKEN } })).toMatchObject({ status: 401, handleOf: undefined });
    expect(decide({ query: { token: [token, token] } })).toMatchObject({ status: 401, handleOf: undefined });
    expect(decide({ authorization: basic('x', token).authorization })).toMatchObject({ status: 401 });
    expect(decide({ query: { token }, method: 'GET' })).toMatchObject({ status: 401, handleOf: undefined });
  });

  it('counts as a wrong token if its handle token is not valid', () => {
    const policy = AccessPolicy.of(config)!;
    const statuses = Array.from({ length: 31 }, () => decide({ query: { token: 'wrong' }, policy }).status);
    expect(statuses.slice(-2)).toEqual([401, 429]);
  });
});

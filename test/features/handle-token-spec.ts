import { spawn } from 'node:child_process';
import { createHmac, hkdfSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { HandleTokens } from '../../src/access/handle-tokens';
import { loadConfig } from '../../src/config/load';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { startReplica, useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { BUILD_MS, builtService } from '../support/process';
import type { Call } from '../support/receiver';
import { claim } from '../support/rows';
import { bearer, send, type Sent } from '../support/send';
import { provider, task, webhook } from '../support/service';

const TOKEN = 'first-token-0123456789';
const SECRET = 'handle-secret-0123456789';
const json = { 'content-type': 'application/json' };

/** Returns the token that a service with these variables issued `agoSecs` ago. */
function issued(taskId: string, env: NodeJS.ProcessEnv, agoSecs = 0): string {
  const { access } = loadConfig({ AUTH_TOKEN: TOKEN, ...env });
  return HandleTokens.of({ ...access, handleTtlSecs: access.handleTtlSecs - agoSecs })!.issue(taskId, 1, 'report');
}

const later = () => Math.floor(Date.now() / 1000) + 60;

/** Signs like the service, so that a refusal is due to the content. */
function signedBy(secret: string, id: string, terms: string): string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'hookline handle token v1', 32));
  return `${terms}.${createHmac('sha256', key).update(`${id}.${terms}`).digest('base64url')}`;
}

describe('A handle', () => {
  const service = useService({ AUTH_TOKEN: TOKEN, HANDLE_SECRET: SECRET });
  service.token = TOKEN;
  const receiver = useReceiver();

  let paths = 0;
  const path = () => `/start/${++paths}`;
  /** Starts a task, and returns the handle that its receiver got. */
  async function started(at = service, rest: object = {}): Promise<{ id: string; handle: URL; token: string }> {
    const to = path();
    const { a } = await at.create([task('a', receiver.url(to), rest)]);
    const [call] = await receiver.waitFor(1, to);
    await eventually(async () => expect(await at.task(a)).toMatchObject({ status: 'Running' }));
    return { id: a, ...handleOf(call) };
  }
  function handleOf({ query }: Call): { handle: URL; token: string } {
    const handle = new URL(query.get('handle')!);
    return { handle, token: handle.searchParams.get('token')! };
  }

  const use = (method: string, target: string, body?: object, at = service): Promise<Sent> =>
    send(at.url, method, target, body ? json : {}, body && JSON.stringify(body));

  function expectRefusal({ status, headers, text }: Sent, error = /^The token of the handle is not valid/): void {
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer realm="Hookline"');
    expect(JSON.parse(text)).toMatchObject({ status: 401, error: expect.stringMatching(error) });
  }

  describe('with a token', () => {
    it('is the address of the task, and allows reading and reporting as it stands', async () => {
      const { id, handle, token } = await started();
      expect(handle.href).toBe(`${service.url}/task/${id}?token=${token}`);
      // A receiver uses the handle unchanged.
      const report = (method: string, body?: object) =>
        fetch(handle, { method, ...(body && { body: JSON.stringify(body), headers: json }) });
      expect(await (await report('GET')).json()).toMatchObject({ id, status: 'Running' });
      expect((await report('PUT', { new_success: 2 })).status).toBe(202);
      expect((await report('PATCH', {})).status).toBe(200);
      expect((await report('PATCH', { status: 'Success', new_success: 1 })).status).toBe(200);
      expect(await service.task(id)).toMatchObject({ status: 'Success', success: 3 });
      // Validation of reports works as without a token.
      expect((await report('PATCH', { status: 'Success' })).status).toBe(404);
      expect((await report('PUT', {})).status).toBe(400);
    });

    it('comes with every call about a task, and with no call about a batch', async () => {
      const [start, end, cancel, complete] = [path(), path(), path(), path()];
      receiver.reply(start, { body: webhook(receiver.url(cancel)) });
      const { a, b } = await service.create({
        tasks: ['a', 'b'].map((name) => task(name, receiver.url(start), { on_success: [webhook(receiver.url(end))] })),
        on_batch_complete: [webhook(receiver.url(complete))],
      } as never);
      await eventually(async () => expect(await service.task(b)).toMatchObject({ status: 'Running' }));
      await eventually(async () => expect((await service.succeed(a)).status).toBe(200));
      await service.call('DELETE', `/task/${b}`);
      const [[ended], [canceled], [completed]] = await Promise.all(
        [end, cancel, complete].map((to) => receiver.waitFor(1, to)),
      );
      for (const [id, call] of [
        [a, ended],
        [b, canceled],
      ] as const) {
        const { handle } = handleOf(call);
        expect(await (await fetch(handle)).json()).toMatchObject({ id });
      }
      expect(completed.query.has('handle')).toBe(false);
    });

    it('is added to the query of the URL of the action', async () => {
      const to = path();
      const { a } = await service.create([task('a', receiver.url(`${to}?token=mine&x=1`))]);
      const [call] = await receiver.waitFor(1, to);
      expect([...call.query.keys()]).toEqual(['token', 'x', 'handle']);
      expect(call.query.get('token')).toBe('mine');
      expect(handleOf(call).handle.pathname).toBe(`/task/${a}`);
    });

    it('gives access to this task, in any spelling of its id, and to no other task', async () => {
      const [mine, another] = [await started(), await started()];
      expect((await use('GET', `/task/${mine.id.toUpperCase()}?token=${mine.token}`)).status).toBe(200);
      for (const method of ['GET', 'PATCH', 'PUT'])
        expectRefusal(await use(method, `/task/${another.id}?token=${mine.token}`));
      expectRefusal(await use('GET', `/task/${randomUUID()}?token=${mine.token}`));
      expect(await service.task(another.id)).toMatchObject({ status: 'Running' });
    });

    it('allows nothing except reading and reporting', async () => {
      const { id, token } = await started();
      for (const [method, target] of [
        ['DELETE', `/task/${id}`],
        ['HEAD', `/task/${id}`],
        ['OPTIONS', `/task/${id}`],
        ['POST', `/task/${id}`],
        ['PATCH', `/task/pause/${id}`],
        ['PATCH', `/task/resume/${id}`],
        ['GET', `/task/pause/${id}`],
        ['GET', '/task'],
        ['POST', '/task'],
        ['PUT', '/task'],
        ['GET', `/task/${id}/`],
        ['GET', `//task/${id}`],
        ['GET', `/task/${id}/why`],
        ['GET', `/task/${id}%2f..%2f..%2fbatches`],
        ['GET', `/TASK/${id}`],
        ['GET', `/dag/${id}`],
        ['GET', `/batch/${id}`],
        ['GET', '/batches'],
        ['GET', '/webhook-deliveries'],
        ['GET', `/webhook-deliveries/${id}`],
        ['GET', '/metrics'],
        ['GET', '/swagger-ui/'],
      ]) {
        const { status } = await use(method, `${target}?token=${token}`);
        expect([method, target, status]).toEqual([method, target, 401]);
      }
      expect(await service.task(id)).toMatchObject({ status: 'Running' });
    });

    it('cannot be used as a token of the service, nor the other way round', async () => {
      const { id, token } = await started();
      for (const wrong of [TOKEN, SECRET]) expectRefusal(await use('GET', `/task/${id}?token=${wrong}`));
      expect((await send(service.url, 'GET', `/task/${id}`, bearer(token))).status).toBe(401);
      // A valid token of the service is enough.
      expect((await send(service.url, 'GET', `/task/${id}?token=wrong`, bearer(TOKEN))).status).toBe(200);
    });

    it(
      'is all that the example receiver needs',
      async () => {
        await builtService();
        const example = spawn(process.execPath, ['examples/receiver.mjs'], {
          env: { PATH: process.env.PATH, PORT: '0' },
        });
        try {
          const [line] = (await once(example.stdout, 'data')) as [Buffer];
          const [url] = /http:\S+/.exec(String(line))!;
          const body = { work_ms: 30, items: 6, steps: 3 };
          const { a } = await service.create([{ ...task('a', ''), on_start: webhook(`${url}/start`, { body }) }]);
          await eventually(async () => expect(await service.task(a)).toMatchObject({ status: 'Success', success: 6 }));
        } finally {
          example.kill();
        }
      },
      BUILD_MS,
    );

    it('stays valid when the start call is repeated because a worker was lost', async () => {
      const { id, handle } = await started();
      const [before] = receiver.received(({ headers }) => headers['x-task-id'] === id);
      await claim(service, id);
      await service.query('DELETE FROM delivery WHERE task_id = $1', [id]);
      await eventually(async () => expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(1), {
        timeoutMs: 20_000,
      });
      const calls = await receiver.waitFor(2, ({ headers }) => headers['x-task-id'] === id);
      expect(calls[1].headers['idempotency-key']).toBe(before.headers['idempotency-key']);
      for (const call of calls) expect((await fetch(handleOf(call).handle)).status).toBe(200);
      expect((await fetch(handle, { method: 'PATCH', body: '{"status":"Success"}', headers: json })).status).toBe(200);
    });
  });

  describe('is refused with a token', () => {
    const another = useService({ AUTH_TOKEN: TOKEN, HANDLE_SECRET: SECRET });
    let id: string;
    let token: string;
    beforeAll(async () => ({ id, token } = await started()));
    const signed = (terms: string, secret = SECRET, about = id) => signedBy(secret, about, terms);

    it('that has expired, with that reason', async () => {
      expect((await use('GET', `/task/${id}?token=${signed(`1.${later()}`)}`)).status).toBe(200);
      const expired = `/task/${id}?token=${signed(`1.${later() - 61}`)}`;
      for (const method of ['GET', 'PATCH', 'PUT'])
        expectRefusal(await use(method, expired), /^The token of the handle has expired$/);
    });

    it('that was lengthened or changed in any other way', async () => {
      const [attempt, expiry, about, signature] = token.split('.');
      const otherFirst = (text: string) => text.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
      const changed = [
        [attempt, String(Number(expiry) + 1), about, signature],
        [`0${attempt}`, expiry, about, signature],
        ['2', expiry, about, signature],
        [attempt, expiry, otherFirst(about), signature],
        [attempt, expiry, signature],
        [attempt, expiry, about, otherFirst(signature)],
        [attempt, expiry, about, signature.slice(0, -1)],
        [attempt, expiry, about, ''],
        [attempt, expiry, about],
      ].map((parts) => parts.join('.'));
      for (const each of changed) expectRefusal(await use('GET', `/task/${id}?token=${each}`));
    });

    it('whose signature has the same bytes in another spelling', async () => {
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      // The last letter has two bits that belong to no byte.
      const other = letters[letters.indexOf(token.at(-1)!) ^ 1];
      expect(Buffer.from(token.split('.')[3].slice(0, -1) + other, 'base64url')).toEqual(
        Buffer.from(token.split('.')[3], 'base64url'),
      );
      expectRefusal(await use('GET', `/task/${id}?token=${token.slice(0, -1)}${other}`));
    });

    it('that was signed with another secret', async () => {
      for (const secret of [TOKEN, `${SECRET}x`, 'guessed-secret-0123456789'])
        expectRefusal(await use('GET', `/task/${id}?token=${signed(`1.${later()}`, secret)}`));
    });

    it.each([
      ['empty', () => ''],
      ['blank', () => '%20'],
      ['nothing of the kind', () => '...'],
      ['huge', () => 'x'.repeat(8000)],
      ['given twice', () => `${token}&token=${token}`],
      ['an array', () => `&token[]=${token}`],
      ['with a line break', () => `${token}%0a`],
      ['with other numbers', () => signed(`1e0.${later()}`)],
      ['negative', () => signed(`-1.${later()}`)],
      ['without end', () => signed('1.Infinity')],
      ['beyond all bounds', () => signed(`1.${'9'.repeat(400)}`)],
    ])('that is %s', async (_what, text) => {
      // Another process: one counts the wrong tokens of an address, and soon refuses all of them.
      expectRefusal(await use('GET', `/task/${id}?token=${text()}`, undefined, another));
    });
  });

  it('of an earlier version, whose token does not name the task, stays valid', async () => {
    const { id, handle } = await started();
    handle.searchParams.set('token', signedBy(SECRET, id, `1.${later()}`));
    expect((await fetch(handle, { method: 'PATCH', body: '{}', headers: json })).status).toBe(200);
  });

  describe('through a change of secrets', () => {
    it('stays valid while its secret is configured, and new ones use the first secret', async () => {
      const [a, b] = ['secret-a-0123456789', 'secret-b-0123456789'];
      const both = await startReplica(service, { AUTH_TOKEN: TOKEN, HANDLE_SECRET: `${b},${a}`, WORKER_ENABLED: '0' });
      const only = await startReplica(service, { AUTH_TOKEN: TOKEN, HANDLE_SECRET: b, WORKER_ENABLED: '0' });
      const { id } = await started();
      const [old, fresh] = [issued(id, { HANDLE_SECRET: a }), issued(id, { HANDLE_SECRET: `${b},${a}` })];
      expect((await use('GET', `/task/${id}?token=${old}`, undefined, both)).status).toBe(200);
      expect((await use('GET', `/task/${id}?token=${fresh}`, undefined, both)).status).toBe(200);
      expectRefusal(await use('GET', `/task/${id}?token=${old}`, undefined, only));
      expect((await use('GET', `/task/${id}?token=${fresh}`, undefined, only)).status).toBe(200);
    });

    it('is signed with AUTH_TOKEN when there is no other secret', async () => {
      const next = 'other-token-0123456789';
      const replica = await startReplica(service, { AUTH_TOKEN: `${TOKEN},${next}`, WORKER_ENABLED: '0' });
      const { id } = await started();
      for (const [signer, status] of [
        [TOKEN, 200],
        [next, 200],
        [SECRET, 401],
      ] as const) {
        const token = issued(id, { HANDLE_SECRET: signer });
        expect((await use('GET', `/task/${id}?token=${token}`, undefined, replica)).status).toBe(status);
      }
    });

    it('expires after HANDLE_TOKEN_TTL_SECS', async () => {
      const { id } = await started();
      const month = 30 * 24 * 3600;
      const at = (ago: number) => use('GET', `/task/${id}?token=${issued(id, { HANDLE_SECRET: SECRET }, ago)}`);
      expect((await at(month - 60)).status).toBe(200);
      expectRefusal(await at(month), /expired/);
    });
  });
});

import { createHmac, hkdfSync } from 'node:crypto';
import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { bearer, send, type Sent } from '../support/send';
import { task, webhook } from '../support/service';

const TOKEN = 'first-token-0123456789';
const SECRET = 'handle-secret-0123456789';
const REPORTS = [
  ['PUT', { new_success: 1 }],
  ['PATCH', {}],
  ['PATCH', { status: 'Success' }],
] as const;

describe('The handle of a notification', () => {
  const receiver = useReceiver();
  const service = useService({ AUTH_TOKEN: TOKEN, HANDLE_SECRET: SECRET });
  beforeAll(() => {
    service.token = TOKEN;
  });

  const metadata = { customer: 'm-7351' };
  let paths = 0;

  /** Starts a task, and returns the paths of its calls. */
  async function started(): Promise<{ id: string; start: string; end: string; cancel: string }> {
    const [start, end, cancel] = ['start', 'end', 'cancel'].map((name) => `/${name}/${++paths}`);
    receiver.reply(start, { body: webhook(receiver.url(cancel)) });
    const on_start = webhook(receiver.url(start), { body: { secret: 'b-7351' } });
    const told = [webhook(receiver.url(end))];
    const { a } = await service.create([{ ...task('a', ''), on_start, on_success: told, on_failure: told, metadata }]);
    await eventually(async () => expect(await service.task(a)).toMatchObject({ status: 'Running' }));
    return { id: a, start, end, cancel };
  }

  async function handleAt(path: string): Promise<URL> {
    const [{ query }] = await receiver.waitFor(1, path);
    return new URL(query.get('handle')!);
  }

  const use = (method: string, { pathname, search }: URL, body?: object): Promise<Sent> =>
    send(service.url, method, pathname + search, { 'content-type': 'application/json' }, body && JSON.stringify(body));
  const withToken = (handle: URL, token: string): URL => new URL(`${handle.origin}${handle.pathname}?token=${token}`);
  const tokenOf = (handle: URL): string => handle.searchParams.get('token')!;
  /** Signs a token as the service does. */
  const signed = (id: string, terms: string) => {
    const key = Buffer.from(hkdfSync('sha256', SECRET, '', 'hookline handle token v1', 32));
    return `${terms}.${createHmac('sha256', key).update(`${id}.${terms}`).digest('base64url')}`;
  };
  const inSecs = (secs: number) => Math.floor(Date.now() / 1000) + secs;

  it.each<[what: string, event: 'end' | 'cancel', happen: (id: string) => Promise<unknown>]>([
    ['success', 'end', (id) => service.succeed(id)],
    ['failure', 'end', (id) => service.call('PATCH', `/task/${id}`, { status: 'Failure', failure_reason: 'x' })],
    ['cancellation', 'cancel', (id) => service.call('DELETE', `/task/${id}`)],
  ])('of a %s shows only what lists show, and refuses reports', async (_what, event, happen) => {
    const { id, ...at } = await started();
    await happen(id);
    const handle = await handleAt(at[event]);
    const { body: list } = await service.call<{ id: string }[]>('GET', '/task');
    const shown = await fetch(handle);
    expect([shown.status, await shown.json()]).toEqual([200, list.find((each) => each.id === id)]);
    for (const [method, body] of REPORTS) {
      const { status, text } = await use(method, handle, body);
      expect([status, JSON.parse(text)]).toMatchObject([
        403,
        { error: 'The handle of a notification is read-only; use the handle of the start call' },
      ]);
    }
    expect((await use('DELETE', handle)).status).toBe(401);
    expect(await service.task(id)).toMatchObject({ success: 0 });
  });

  it('shows the whole task to a token of the service', async () => {
    const { id, end } = await started();
    await service.succeed(id);
    const { pathname, search } = await handleAt(end);
    const { text } = await send(service.url, 'GET', pathname + search, bearer(TOKEN));
    expect(JSON.parse(text)).toMatchObject({ id, metadata });
  });

  it('cannot be turned into a start handle, used for another task, or used after it expires', async () => {
    const [{ id, start, end }, other] = [await started(), await started()];
    await service.succeed(id);
    const [own, handle] = [await handleAt(start), await handleAt(end)];
    expect(tokenOf(handle)).toBe(`r${tokenOf(handle).slice(1)}`);
    const wrong = [
      withToken(handle, tokenOf(handle).slice(1)),
      withToken(handle, `R${tokenOf(handle).slice(1)}`),
      withToken(handle, `r${tokenOf(handle)}`),
      withToken(own, `r${tokenOf(own)}`),
      withToken(await handleAt(other.start), tokenOf(handle)),
      withToken(handle, signed(id, `r1.${inSecs(-1)}`)),
    ];
    for (const each of wrong) for (const method of ['GET', 'PATCH']) expect((await use(method, each)).status).toBe(401);
    expect((await use('GET', withToken(handle, signed(id, `r1.${inSecs(60)}`)))).status).toBe(200);
  });

  it('differs from a start handle, including one made by an earlier version', async () => {
    const { id, start } = await started();
    const own = await handleAt(start);
    for (const handle of [own, withToken(own, signed(id, `1.${inSecs(60)}`))]) {
      expect(await (await fetch(handle)).json()).toMatchObject({ id, metadata });
      expect((await use('PUT', handle, { new_success: 1 })).status).toBe(202);
    }
    expect((await use('PATCH', own, { status: 'Success' })).status).toBe(200);
    expect(await service.task(id)).toMatchObject({ status: 'Success', success: 2 });
  });
});

describe('A handle without AUTH_TOKEN', () => {
  const receiver = useReceiver();
  const open = useService({ HANDLE_SECRET: SECRET });

  it('is the bare address, and ignores an unexpected token', async () => {
    const { a } = await open.create([task('a', receiver.url('/start'))]);
    const [call] = await receiver.waitFor(1, '/start');
    expect(call.query.get('handle')).toBe(`${open.url}/task/${a}`);
    expect((await open.call('PUT', `/task/${a}?token=x`, { new_success: 1 })).status).toBe(202);
  });
});

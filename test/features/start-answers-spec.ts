import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { task, type Task, webhook } from '../support/service';
import { EndlessServer } from '../support/strange-servers';

describe('A start answer with cancel actions', () => {
  const service = useService();
  const receiver = useReceiver();
  let paths = 0;

  const started = async (url: string): Promise<Task> => {
    const { a } = await service.create([task('a', url)]);
    return eventually(async () => {
      const found = await service.task(a);
      expect(found.status).toBe('Running');
      return found;
    });
  };
  const action = (name: string) => webhook(`http://worker.example/${name}`, { body: { name } });
  const registered = async (body: unknown) => {
    const path = `/${++paths}`;
    receiver.reply(path, { body });
    const { actions } = await started(receiver.url(path));
    const cancel = (actions as { trigger: string; params: object }[]).filter(({ trigger }) => trigger === 'Cancel');
    return cancel.map(({ params }) => params);
  };

  it('registers a single one', async () => {
    expect(await registered(action('a'))).toEqual([action('a').params]);
  });

  it('registers an array of them', async () => {
    expect(await registered([action('a'), action('b')])).toEqual([action('a').params, action('b').params]);
  });

  it('registers one that is not declared as JSON', async () => {
    expect(await registered(JSON.stringify(action('a')))).toEqual([action('a').params]);
  });

  it('ignores members that have no meaning', async () => {
    expect(await registered({ ...action('a'), trigger: 'Cancel', note: 'x' })).toEqual([action('a').params]);
  });

  it.each([
    ['a kind that does not exist', { ...action('x'), kind: 'Carrier pigeon' }],
    ['no parameters', { kind: 'Webhook' }],
    ['a URL of another protocol', webhook('file:///etc/passwd')],
    ['no verb', { kind: 'Webhook', params: { url: 'http://worker.example/' } }],
    ['a header that smuggles in another', webhook('http://worker.example/', { headers: { a: 'b\r\nc: d' } })],
    ['U+0000 in its body', webhook('http://worker.example/', { body: 'a\u0000b' })],
    ['a lone surrogate in its body', webhook('http://worker.example/', { body: '\ud800' })],
    ['a member __proto__', JSON.parse('{"kind": "Webhook", "params": {"__proto__": {}}}')],
    ['nothing of an action at all', { ok: true }],
    ['no object', 7],
    ['null', null],
  ])('drops one that has %s, and keeps the others', async (_, invalid) => {
    expect(await registered([action('a'), invalid, action('b')])).toEqual([action('a').params, action('b').params]);
  });

  it.each([['accepted'], ['{"kind": "Webh'], [''], ['null'], ['[[]]'], ['\u0000\ufffd']])(
    'registers none when the answer is %j',
    async (body) => {
      expect(await registered(body)).toEqual([]);
    },
  );

  it('registers none when the answer nests brackets deeply', async () => {
    const tower = '['.repeat(10_000) + ']'.repeat(10_000);
    const deep = JSON.stringify(webhook('http://worker.example/', { body: '?' })).replace('"?"', tower);
    expect(await registered(deep)).toEqual([]);
  });

  it('registers those of an answer of 64 KiB, and none of a larger one', async () => {
    const padded = (length: number) => JSON.stringify(action('a')).padEnd(length);
    expect(await registered(padded(64 * 1024))).toEqual([action('a').params]);
    expect(await registered(padded(64 * 1024 + 1))).toEqual([]);
  });

  it('registers none when the answer never ends, and leaves the rest unread', async () => {
    const endless = new EndlessServer();
    try {
      await started(endless.origin);
      await endless.left;
      expect(endless.sent).toBeLessThan(64 * 1024 * 1024);
    } finally {
      await endless.close();
    }
  });
});

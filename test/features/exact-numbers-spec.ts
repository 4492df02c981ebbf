import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { task, webhook } from '../support/service';

/** As text, because JavaScript numbers would lose digits: a number as sent, and as PostgreSQL returns it. */
const NUMBERS: [sent: string, stored: string][] = [
  ['1970670598291982290', '1970670598291982290'],
  ['-9007199254740993', '-9007199254740993'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['1.10', '1.10'],
  ['1.0', '1.0'],
  ['0.1000000000000000055', '0.1000000000000000055'],
  ['0.00000001', '0.00000001'],
  ['1e3', '1000'],
  ['1.5E-7', '0.00000015'],
  ['-0', '0'],
  ['1e400', `1${'0'.repeat(400)}`],
  ['9'.repeat(1000), '9'.repeat(1000)],
];
const [ID, NEXT] = ['1970670598291982290', '1970670598291982291'];

describe('A number in the JSON of clients', () => {
  const service = useService();
  const receiver = useReceiver();

  const send = async (method: string, path: string, text?: string) => {
    const headers = text === undefined ? undefined : { 'content-type': 'application/json' };
    const answer = await fetch(service.url + path, { method, headers, body: text });
    return { status: answer.status, text: await answer.text(), batch: answer.headers.get('x-batch-id') };
  };
  /** Returns a request as text, with the number in place of `'N'`. */
  const written = (request: unknown, number: string) => JSON.stringify(request).replaceAll('"N"', number);
  const create = async (tasks: unknown, number: string) => {
    const { status, text, batch } = await send('POST', '/task', written(tasks, number));
    return { status, batch: batch!, ids: text ? (JSON.parse(text) as { id: string }[]).map(({ id }) => id) : [] };
  };
  const running = (id: string) => eventually(async () => expect((await service.task(id)).status).toBe('Running'));

  it.each(NUMBERS)('keeps every digit wherever it goes: %s', async (sent, stored) => {
    const path = `/${NUMBERS.findIndex(([number]) => number === sent)}`;
    const params = { body: { n: ['N'] } };
    const { status, ids, batch } = await create(
      {
        tasks: [
          task('a', receiver.url(`${path}/start`), {
            metadata: { n: ['N'] },
            on_start: webhook(receiver.url(`${path}/start`), params),
            on_success: [webhook(receiver.url(`${path}/done`), params)],
          }),
        ],
        metadata: { n: 'N' },
        on_batch_complete: [webhook(receiver.url(`${path}/all`), params)],
      },
      sent,
    );
    expect(status).toBe(201);
    expect((await receiver.waitFor(1, `${path}/start`))[0].text).toBe(`{"n":[${sent}]}`);
    await running(ids[0]);
    const full = (await send('GET', `/task/${ids[0]}`)).text;
    expect(full).toContain(`"metadata":{"n":[${stored}]}`);
    expect(full).toContain(`"body":{"n":[${sent}]}`);
    for (const list of [`/batch/${batch}`, '/batches'])
      expect((await send('GET', list)).text).toContain(`"metadata":{"n":${stored}}`);
    for (const [list, filter] of [
      ['/task', `{"n":[${sent}]}`],
      ['/batches', `{"n":${sent}}`],
    ])
      expect((await send('GET', `${list}?metadata=${encodeURIComponent(filter)}`)).text).toContain(batch);

    const report = `{"status":"Success","new_success":2.0,"metadata":{"other":${sent}}}`;
    expect(await send('PATCH', `/task/${ids[0]}`, report)).toMatchObject({ status: 200 });
    expect((await send('GET', `/task/${ids[0]}`)).text).toContain(`"metadata":{"other":${stored}}`);
    expect((await receiver.waitFor(1, `${path}/done`))[0].text).toBe(`{"n":[${sent}]}`);
    expect((await receiver.waitFor(1, `${path}/all`))[0].text).toContain(`"n":[${sent}]`);
  });

  it('keeps every digit as the whole metadata and in the answer to a start call', async () => {
    const body = `{"status":"Success","new_success":3.0,"metadata":${ID},"result":[${ID}]}`;
    receiver.reply('/answer', { headers: { 'content-type': 'application/json' }, body });
    const { ids } = await create([task('a', receiver.url('/answer'), { metadata: 'N' })], NEXT);
    await eventually(async () =>
      expect(JSON.parse((await send('GET', `/task/${ids[0]}`)).text)).toMatchObject({ status: 'Success', success: 3 }),
    );
    const { text } = await send('GET', `/task/${ids[0]}`);
    expect(text).toContain(`"metadata":${ID}`);
    expect(text).toContain(`"result":[${ID}]`);
  });

  it('keeps every digit in the events of all batches', async () => {
    const stream = new AbortController();
    const { body } = await fetch(`${service.url}/events`, { signal: stream.signal });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let events = '';
    const read = async () => (events += (await reader.read()).value);
    while (!events.includes('event: ready')) await read();
    await create({ tasks: [task('a', receiver.url('/'))], metadata: { told: 'N' } }, ID);
    while (!events.includes('"told":')) await read();
    stream.abort();
    expect(events).toContain(`"metadata":{"told":${ID}}`);
  });

  it('keeps every digit in the body of a cancel action, and as a whole body', async () => {
    const action = webhook(receiver.url('/cancel'), { body: [{ n: 'N' }, '1.10'] });
    receiver.reply('/cancelable', {
      headers: { 'content-type': 'application/json' },
      body: written(action, ID),
    });
    const { ids } = await create(
      {
        tasks: [task('a', receiver.url('/cancelable'))],
        on_batch_complete: [webhook(receiver.url('/bare'), { body: 'N' })],
      },
      '1.50',
    );
    await running(ids[0]);
    expect(await send('DELETE', `/task/${ids[0]}`)).toMatchObject({ status: 200 });
    expect((await receiver.waitFor(1, '/cancel'))[0].text).toBe(`[{"n":${ID}},"1.10"]`);
    expect((await receiver.waitFor(1, '/bare'))[0].text).toContain('"body":1.50,"arcrun":{');
  });

  it.each([
    ...['1e131072', '-1e200000', '1e99999999999', '0e-20000', '1e-16384', '0.5e-16383', '1e70000'],
    ...[`0.${'1'.repeat(16_384)}`, `[${'1e400,'.repeat(200)}1]`],
  ])('is refused when PostgreSQL cannot store it or writes it in more than 64 KiB: %.20s', async (number) => {
    const { status } = await send(
      'POST',
      '/task',
      written([task('a', receiver.url('/'), { metadata: ['N'] })], number),
    );
    expect(status).toBe(400);
  });

  it.each(['60.0', '6e1', '60'])('may be written as %s for an integer field', async (number) => {
    const rules = [
      { type: 'Concurrency', max_concurrency: 'N', matcher: { kind: 'x', status: 'Running', fields: [] } },
    ];
    const { ids } = await create([task('a', receiver.url('/'), { timeout: 'N', rules })], number);
    expect(await service.task(ids[0])).toMatchObject({ timeout: 60, rules: [{ max_concurrency: 60 }] });
  });

  describe('is compared as PostgreSQL compares it', () => {
    const EQUAL: [one: string, other: string, equal: boolean][] = [
      [ID, NEXT, false],
      [ID, ID, true],
      ['1', '1.0', true],
      ['1.10', '1.1', true],
      ['0.1', '0.1000000000000000055', false],
      ['1000', '1e3', true],
      ['0', '-0.00', true],
      ['1e21', '1000000000000000000000', true],
      ['0.0000001', '1.0E-7', true],
      ['1e400', '10e399', true],
      ['{"a":[1.50]}', '{"a":[1.5]}', true],
    ];

    it.each(EQUAL)('by deduplication: %s and %s', async (one, other, equal) => {
      const kind = `dedupe ${one} ${other}`.slice(0, 100);
      const make = (id: string, value: string) => {
        const strategy = { dedupe_strategy: [{ kind, status: 'Running', fields: ['id'] }] };
        return written(task(id, receiver.url('/'), { kind, metadata: { id: 'N' }, ...strategy }), value);
      };
      const { text } = await send('POST', '/task', `[${make('a', one)}]`);
      await running((JSON.parse(text) as { id: string }[])[0].id);
      expect((await send('POST', '/task', `[${make('b', other)}]`)).status).toBe(equal ? 204 : 201);
    });

    it.each(EQUAL)('by deduplication within a request: %s and %s', async (one, other, equal) => {
      const kind = `within ${one} ${other}`.slice(0, 100);
      const make = (id: string, value: string) => {
        const strategy = { dedupe_strategy: [{ kind, status: 'Pending', fields: ['id'] }] };
        return written(task(id, receiver.url('/'), { kind, metadata: { id: 'N' }, ...strategy }), value);
      };
      const { text } = await send('POST', '/task', `[${make('a', one)},${make('b', other)}]`);
      expect(JSON.parse(text)).toHaveLength(equal ? 1 : 2);
    });

    it.each(EQUAL)('by rules: %s and %s', async (one, other, equal) => {
      const kind = `rules ${one} ${other}`.slice(0, 100);
      const rules = [{ type: 'Concurrency', max_concurrency: 1, matcher: { kind, status: 'Running', fields: ['id'] } }];
      const make = (value: string) =>
        create([task('a', receiver.url('/'), { kind, metadata: { id: 'N' }, rules })], value);
      const first = (await make(one)).ids[0];
      await running(first);
      const second = (await make(other)).ids[0];
      if (equal) {
        await eventually(async () =>
          expect((await service.query('SELECT FROM task WHERE id = $1 AND blocked_by > 0', [second])).length).toBe(1),
        );
        await service.succeed(first);
      }
      await running(second);
    });

    it('by filters', async () => {
      const { batch } = await create([task('a', receiver.url('/'), { metadata: { filtered: 'N' } })], ID);
      const found = async (value: string) =>
        (await send('GET', `/task?metadata=${encodeURIComponent(`{"filtered":${value}}`)}`)).text.includes(batch);
      expect(await Promise.all([ID, `${ID}.0`, `${ID}e0`, NEXT].map(found))).toEqual([true, true, true, false]);
    });
  });
});

import document from '../../openapi.json';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import type { Call } from '../support/receiver';
import { task, webhook } from '../support/service';

type Named = keyof typeof document.webhooks;

/** Headers that the service adds; others belong to HTTP or to the action. */
const OWN = /^(x-|webhook-|idempotency-key$)/;

describe('The calls that the API document describes', () => {
  const service = useService({ WEBHOOK_SIGNING_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}` });
  const receiver = useReceiver();

  const documented = (name: Named) => {
    const { parameters } = document.webhooks[name].post;
    const names = (place: string) =>
      parameters.filter((each) => each.in === place).map((each) => each.name.toLowerCase());
    return { headers: names('header').sort(), query: names('query') };
  };
  const sent = ({ headers, query }: Call) => ({
    headers: Object.keys(headers)
      .filter((name) => OWN.test(name))
      .sort(),
    query: [...query.keys()],
  });

  it('have exactly the headers and parameters that receivers get', async () => {
    const to = (path: string) => webhook(receiver.url(path));
    receiver.reply('/start', { body: to('/cancel') });
    const group = { max_size: 2 };
    const { a, b } = await service.create({
      tasks: [
        task('a', receiver.url('/start'), { on_success: [to('/end')] }),
        task('b', receiver.url('/start')),
        task('c', '', { on_start: { ...to('/group'), group } }),
        task('d', '', { on_start: { ...to('/group'), group } }),
      ],
      on_batch_complete: [to('/complete')],
    } as { tasks: object[] });
    for (const id of [a, b]) await untilRunning(service, id);
    const [grouped] = await receiver.waitFor(1, '/group');
    await service.succeed(a);
    await service.call('DELETE', `/task/${b}`);
    for (const { task_id } of (grouped.body as { calls: { task_id: string }[] }).calls) {
      await untilRunning(service, task_id);
      await service.succeed(task_id);
    }
    const calls: [Named, Call][] = [['group', grouped]];
    for (const [name, path] of [
      ['start', '/start'],
      ['end', '/end'],
      ['cancel', '/cancel'],
      ['batch_complete', '/complete'],
    ] as const)
      calls.push([name, (await receiver.waitFor(1, path))[0]]);
    expect(calls.map(([name]) => name).sort()).toEqual(Object.keys(document.webhooks).sort());
    for (const [name, call] of calls) expect([name, sent(call)]).toEqual([name, documented(name)]);
    const { BatchCompletion, GroupedCalls } = document.components.schemas;
    const { arcrun } = calls.at(-1)![1].body as { arcrun: object };
    expect(Object.keys(arcrun).sort()).toEqual(Object.keys(BatchCompletion.properties.arcrun.properties).sort());
    const [entry] = (grouped.body as { calls: object[] }).calls;
    expect(Object.keys(GroupedCalls.properties.calls.items.properties)).toEqual(
      expect.arrayContaining(Object.keys(entry)),
    );
  });
});

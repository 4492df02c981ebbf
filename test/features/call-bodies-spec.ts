import { useReceiver, useService } from '../support/fixture';
import type { Call } from '../support/receiver';
import { task, webhook } from '../support/service';

describe('The body of a call', () => {
  const service = useService();
  const receiver = useReceiver();

  /** Returns the call that an action with these parameters makes. */
  const sent = async (params: Parameters<typeof webhook>[1]): Promise<Call> => {
    const { a } = await service.create([task('a', '', { on_start: webhook(receiver.url('/'), params) })]);
    const [call] = await receiver.waitFor(1, ({ headers }) => headers['x-task-id'] === a);
    return call;
  };

  it.each([
    ['text/plain', 'Grüße, "quoted"\n'],
    ['text/plain; charset=utf-8', ''],
    ['application/x-www-form-urlencoded', 'a=1&b=%C3%BC'],
    ['application/xml', '<a b="json"/>'],
    ['application/x-ndjson', '{"a":1}\n{"a":2}\n'],
  ])('is the text of the action, unchanged, when its type is %s', async (type, body) => {
    const { text, headers } = await sent({ body, headers: { 'Content-Type': type } });
    expect({ text, type: headers['content-type'] }).toEqual({ text: body, type });
  });

  it.each([
    ['application/json', 'text'],
    ['Application/JSON; charset=utf-8', 'text'],
    ['application/vnd.shop+json', 'text'],
    ['', 'text'],
    ['text/plain', { a: 'text' }],
    ['text/plain', 7],
  ])('is JSON when its type is %j and its body %j', async (type, body) => {
    const { text } = await sent({ body, headers: { 'content-type': type } });
    expect(text).toBe(JSON.stringify(body));
  });
});

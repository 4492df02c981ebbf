import { type Call, Receiver } from '../support/receiver';
import { Service, task, webhook } from '../support/service';

describe('The body of a call', () => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
    service = await Service.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  /** The call that such an action makes. */
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
  ])('has a text as it was given, if its type is %s', async (type, body) => {
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
  ])('has JSON, if its type is %j and its body %j', async (type, body) => {
    const { text } = await sent({ body, headers: { 'content-type': type } });
    expect(text).toBe(JSON.stringify(body));
  });
});

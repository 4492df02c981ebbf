import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { task } from '../support/service';
import { Wire } from '../property/wire';

/** A proxy may end these messages elsewhere than the service: nothing that is hidden in them is executed. */
describe('A request hidden in another', () => {
  let wire: Wire;
  let id: string;
  afterAll(() => wire.close());
  const receiver = useReceiver();
  const service = useService();
  beforeAll(async () => {
    wire = new Wire(new URL(service.url));
    ({ a: id } = await service.create([task('a', receiver.url('/'))]));
    await untilRunning(service, id);
  });

  const hidden = () => `DELETE /task/${id} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const put = (headers: string[], version = 'HTTP/1.1') =>
    [`PUT /task/${id} ${version}`, 'Host: a', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');
  const chunked = '0\r\n\r\n';

  it.each<[string, (length: number) => string[]]>([
    ['by a length beside chunks', (n) => [`Content-Length: ${n}`, 'Transfer-Encoding: chunked']],
    ['by chunks beside a length', (n) => ['Transfer-Encoding: chunked', `Content-Length: ${n}`]],
    ['by two lengths', (n) => [`Content-Length: ${n}`, 'Content-Length: 0']],
    ['by a list of lengths', (n) => [`Content-Length: ${n}, ${n}`]],
    ['by a length with a sign', (n) => [`Content-Length: +${n}`, 'Transfer-Encoding: chunked']],
    ['by a length in hex', (n) => [`Content-Length: 0x${n.toString(16)}`]],
    ['by a length with a blank in it', () => ['Content-Length: 0 0']],
    ['by a blank before the colon', () => ['Transfer-Encoding : chunked', 'Content-Length: 5']],
    ['by a folded header', () => ['Transfer-Encoding:\r\n chunked', 'Content-Length: 5']],
    ['by a vertical tab', () => ['Transfer-Encoding:\x0bchunked', 'Content-Length: 5']],
    ['by an encoding that is nearly one', () => ['Transfer-Encoding: xchunked', 'Content-Length: 5']],
    ['by two encodings', () => ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
    ['by an encoding in quotes', () => ['Transfer-Encoding: "chunked"', 'Content-Length: 5']],
    ['by a header that ends in a line feed only', () => ['X: y\nTransfer-Encoding: chunked', 'Content-Length: 5']],
    ['by a lone carriage return', () => ['X: y\rTransfer-Encoding: chunked', 'Content-Length: 5']],
  ])('%s is not executed', async (_, headers) => {
    const body = chunked + hidden();
    const answer = await wire.sendRaw(put(headers(body.length)) + body, true);
    if (answer) expect([400, 408, 431]).toContain(answer.status);
    expect((await service.task(id)).status).toBe('Running');
  });

  it.each([
    ['an invalid size', 'x\r\n'],
    ['a negative size', '-1\r\n'],
    ['a size with a prefix', '0x0\r\n\r\n'],
    ['an enormous size', 'ffffffffffffffffff\r\n'],
    ['a size too small', '1\r\n{}\r\n0\r\n\r\n'],
    ['an unterminated chunk', '2\r\n{}0\r\n\r\n'],
    ['an endless extension', `2;${'x'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`],
    ['a line feed in an extension', '2;x=\n\r\n{}\r\n0\r\n\r\n'],
  ])('behind chunks with %s is not executed', async (_, chunks) => {
    const answer = await wire.sendRaw(put(['Transfer-Encoding: chunked']) + chunks + hidden(), true);
    if (answer) expect([400, 413]).toContain(answer.status);
    expect((await service.task(id)).status).toBe('Running');
  });

  it('in a body is only a body, in each version of HTTP', async () => {
    for (const version of ['HTTP/1.1', 'HTTP/1.0']) {
      const body = hidden();
      const answer = await wire.sendRaw(put([`Content-Length: ${body.length}`], version) + body, true);
      expect(answer?.status).toBe(400);
      expect((await service.task(id)).status).toBe('Running');
    }
  });

  it('is not executed for an absolute URL, which leads here whatever host it names', async () => {
    const message = `GET http://inside.example:1/task/${id} HTTP/1.1\r\nHost: b\r\n\r\n`;
    const answer = await wire.sendRaw(message, false);
    if (answer?.status === 200) expect(JSON.parse(answer.body)).toMatchObject({ id });
    else expect([400, 404]).toContain(answer?.status);
  });
});

describe('Too many or too long headers', () => {
  let wire: Wire;
  afterAll(() => wire.close());
  const service = useService({ WORKER_ENABLED: '0' });
  beforeAll(() => {
    wire = new Wire(new URL(service.url));
  });

  it.each([
    ['one long value', `X: ${'y'.repeat(20_000)}`],
    ['one long name', `${'x'.repeat(20_000)}: y`],
    ['many', Array.from({ length: 5000 }, (_, n) => `X-${n}: ${n}`).join('\r\n')],
    ['many with the same name', Array.from({ length: 5000 }, () => 'Cookie: a=b').join('\r\n')],
  ])('are 431: %s', async (_, headers) => {
    const answer = await wire.sendRaw(`GET /live HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`, false);
    expect([answer?.status, answer?.type]).toEqual([431, 'application/problem+json']);
  });

  it.each([
    ['path', `/task/${'x'.repeat(20_000)}`],
    ['query', `/task?name=${'x'.repeat(20_000)}`],
  ])('and so is too long a %s', async (_, target) => {
    const answer = await wire.sendRaw(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, false);
    expect(answer?.status).toBe(431);
  });
});

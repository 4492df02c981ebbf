import { Logger } from '@nestjs/common';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { type Task, task, webhook } from '../support/service';
import { type RawAnswer, RawServer } from '../support/strange-servers';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

type Warning = [message: string, about: { task_id?: string }, context: string];

describe('An unusual answer', () => {
  const service = useService();
  let server: RawServer;
  const warnings: Warning[] = [];
  beforeAll(async () => {
    server = await RawServer.start();
    Logger.overrideLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (...line: unknown[]) => void warnings.push(line as Warning),
    });
  });
  afterAll(() => server.close());

  const settled = (id: string): Promise<Task> =>
    eventually(async () => {
      const found = await service.task(id);
      expect(['Pending', 'Claimed']).not.toContain(found.status);
      return found;
    });
  const started = async (answer: RawAnswer): Promise<Task> => {
    const { a } = await service.create([task('a', server.url(answer))]);
    return settled(a);
  };

  const answering = (body: string | Buffer, headers = ''): RawAnswer => {
    const bytes = Buffer.from(body);
    return [`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n${headers}\r\n`, bytes];
  };

  describe('with interim responses', () => {
    it.each<[string, RawAnswer]>([
      ['100 Continue', CONTINUE + OK],
      ['100 Continue twice', CONTINUE + CONTINUE + OK],
      ['100 Continue with headers', `HTTP/1.1 100 Continue\r\ndate: today\r\ncontent-length: 5\r\n\r\n${OK}`],
      ['100 Continue without a reason phrase', `HTTP/1.1 100 \r\n\r\n${OK}`],
      ['100 Continue that names the connection', `HTTP/1.1 100 Continue\r\nconnection: close\r\n\r\n${OK}`],
      ['100 Continue after an empty line', `\r\n${CONTINUE}${OK}`],
      ['102 Processing', `HTTP/1.1 102 Processing\r\n\r\n${OK}`],
      ['103 Early Hints with headers', `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nretry-after: 9\r\n\r\n${OK}`],
      ['an unknown 1xx status', `HTTP/1.1 199 Wait\r\n\r\n${OK}`],
      [
        'all of these',
        `${CONTINUE}HTTP/1.1 103 Hints\r\na: b\r\n\r\n${CONTINUE}HTTP/1.1 102 X\r\n\r\n${CONTINUE}${OK}`,
      ],
      ['100 Continue in a piece of its own', [CONTINUE, OK]],
      ['100 Continue byte by byte', [...(CONTINUE + CONTINUE + OK)]],
      ['100 Continue before an answer that ends with its connection', [CONTINUE, 'HTTP/1.1 200 OK\r\n\r\nok', null]],
    ])('starts the task after %s', async (_, answer) => {
      expect(await started(answer)).toMatchObject({ status: 'Running', failure_reason: null });
    });

    it('is read from the final response', async () => {
      const body = '{"status":"Success"}';
      const final = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      expect(await started(CONTINUE + CONTINUE + final)).toMatchObject({ status: 'Success' });
    });

    it('fails the task if the final response refuses it', async () => {
      const final = 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n';
      const { status, failure_reason } = await started(CONTINUE + final);
      expect({ status, failure_reason }).toEqual({ status: 'Failure', failure_reason: expect.stringContaining('503') });
    });

    it('fails the task if no final response follows', async () => {
      const { status, failure_reason } = await started([CONTINUE, null]);
      expect(status).toBe('Failure');
      expect(failure_reason).not.toMatch(/10[02]/);
    });

    it('delivers a notification once', async () => {
      const url = server.url(CONTINUE + CONTINUE + OK);
      const { a } = await service.create([task('a', server.url(OK), { on_success: [webhook(url)] })]);
      await settled(a);
      await service.succeed(a);
      await eventually(async () => {
        const { body } = await service.call<object[]>('GET', `/webhook-deliveries?task_id=${a}&status=success`);
        expect(body).toContainEqual(expect.objectContaining({ trigger: 'end', attempts: 1, last_status: 200 }));
      });
      expect(server.count(url)).toBe(1);
    });
  });

  describe('that accepts a task', () => {
    it.each<[string, RawAnswer]>([
      ['is 204 with a length', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n'],
      ['is 204 with a body', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello'],
      ['is 204 in chunks', 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
      ['is 205 with a body', 'HTTP/1.1 205 Reset Content\r\ncontent-length: 5\r\n\r\nhello'],
      ['is 205 without a length', 'HTTP/1.1 205 Reset Content\r\n\r\n'],
      ['is 200 with a folded header', 'HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\ncontent-length: 0\r\n\r\n'],
      ['has its length twice', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok'],
      [
        'has a length beside chunks',
        'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['has trailers', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n'],
      ['has extensions of chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n'],
      ['has broken chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n'],
      ['is shorter than its length', ['HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok', null]],
      ['is longer than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok, and more'],
      ['ends before its last chunk', ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n', null]],
      ['ends with its connection', ['HTTP/1.1 200 OK\r\n\r\nok', null]],
      ['is cut off in its headers', ['HTTP/1.1 200 OK\r\nx-a: ', null]],
      ['has line feeds alone', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok'],
      ['has headers of 20 KB', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`],
      ['is of HTTP/1.0', ['HTTP/1.0 200 OK\r\n\r\nok', null]],
    ])('makes the task run if it %s', async (_, answer) => {
      expect(await started(answer)).toMatchObject({ status: 'Running', failure_reason: null });
    });
  });

  describe('that refuses a task', () => {
    it.each<[string, string, RawAnswer]>([
      ['304 with a length', 'answered 304', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n'],
      ['500 that is cut off', 'answered 500', ['HTTP/1.1 500 Oops\r\ncontent-length: 20\r\n\r\nno', null]],
      ['500 with a folded header', 'answered 500', 'HTTP/1.1 500 Oops\r\nx-a: b\r\n c\r\ncontent-length: 0\r\n\r\n'],
      ['101', 'answered 101', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
      ['no HTTP', 'did not answer with valid HTTP', 'ICY 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ])('fails the task with a clear reason: %s', async (_, reason, answer) => {
      const { status, failure_reason } = await started(answer);
      expect({ status, failure_reason }).toEqual({
        status: 'Failure',
        failure_reason: expect.stringContaining(reason),
      });
    });
  });

  describe('that reports a result', () => {
    const SUCCESS = '{"status":"Success"}';

    it.each<[string, RawAnswer]>([
      ['compressed with gzip', answering(gzipSync(SUCCESS), 'content-encoding: gzip\r\n')],
      ['compressed with x-gzip', answering(gzipSync(SUCCESS), 'Content-Encoding: X-GZIP\r\n')],
      ['compressed with deflate', answering(deflateSync(SUCCESS), 'content-encoding: deflate\r\n')],
      ['compressed with brotli', answering(brotliCompressSync(SUCCESS), 'content-encoding: br\r\n')],
      [
        'compressed twice',
        answering(
          gzipSync(brotliCompressSync(SUCCESS)),
          'content-encoding: br\r\ncontent-encoding: identity, gzip\r\n',
        ),
      ],
      ['in UTF-16', answering(Buffer.from(SUCCESS, 'utf16le'), 'content-type: application/json; charset=utf-16\r\n')],
      ['in Latin-1', answering(SUCCESS, 'content-type: application/json;charset="ISO-8859-1"\r\n')],
      ['with white space around', answering(`\r\n\t ${SUCCESS}\n`)],
    ])('ends the task if it is %s', async (_, answer) => {
      expect(await started(answer)).toMatchObject({ status: 'Success' });
    });

    it.each<[string, string, RawAnswer]>([
      ['in an unknown encoding', 'content encoding is "zstd"', answering(SUCCESS, 'content-encoding: zstd\r\n')],
      [
        'encoded again and again',
        'more than 5 content',
        answering(SUCCESS, `content-encoding: ${'br,'.repeat(5)}br\r\n`),
      ],
      ['not what its encoding says', 'not valid gzip', answering(SUCCESS, 'content-encoding: gzip\r\n')],
      ['in an unknown charset', 'charset is "none"', answering(SUCCESS, 'content-type: text/json; charset=none\r\n')],
      ['too long', 'longer than 64 KiB', answering(SUCCESS.padEnd(65 * 1024))],
      [
        'too long when decompressed',
        'longer than 64 KiB',
        answering(gzipSync(SUCCESS.padEnd(65 * 1024)), 'content-encoding: gzip\r\n'),
      ],
      ['cut off', 'closed before its end', [`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${SUCCESS}`, null]],
      ['cut by its length', 'not valid JSON', `HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n${SUCCESS}`],
      ['with its length twice', 'not valid HTTP', answering(SUCCESS, 'content-length: 20\r\n')],
      ['after a folded header', 'not valid HTTP', answering(SUCCESS, 'x-a: b\r\n c\r\n')],
      ['not JSON', 'not valid JSON', answering("{'status': 'Success'}")],
      ['not JSON for a number that is none', 'not valid JSON', answering('{"status":"Success","metadata":[1.]}')],
      ['not JSON for a number as a name', 'not valid JSON', answering('{"status":"Success","metadata":{1.0:1}}')],
      ['nested too deeply', 'nested too deeply', answering('['.repeat(10_000))],
    ])('is dropped with a warning that names the task if it is %s', async (_, reason, answer) => {
      const { id, status } = await started(answer);
      expect(status).toBe('Running');
      expect(warnings).toContainEqual([
        expect.stringMatching(new RegExp(`^The answer was dropped: .*${reason}`)),
        expect.objectContaining({ task_id: id }),
        expect.anything(),
      ]);
    });

    it.each(['accepted', '<p>Thanks</p>', '7', '"Success"', '{"ok": true}', '[]'])(
      'causes no warning if it is about something else: %s',
      async (body) => {
        const { id, status } = await started(answering(body));
        expect(status).toBe('Running');
        expect(warnings.filter(([, { task_id }]) => task_id === id)).toEqual([]);
      },
    );

    it.each<[string, string | Buffer]>([
      ['in UTF-8', `\ufeff${SUCCESS}`],
      ['in UTF-16, little-endian', Buffer.from(`\ufeff${SUCCESS}`, 'utf16le')],
      ['in UTF-16, big-endian', Buffer.from(`\ufeff${SUCCESS}`, 'utf16le').swap16()],
    ])('ends the task if it begins with a byte order mark %s', async (_, body) => {
      expect(await started(answering(body))).toMatchObject({ status: 'Success' });
    });
  });

  it.each([20, 21, 700])('with %i cancel actions is cut to the limit of a task, with a warning', async (count) => {
    const action = webhook('http://worker.example/x');
    const { id, status, actions } = await started(answering(JSON.stringify(Array<object>(count).fill(action))));
    expect(status).toBe('Running');
    expect((actions as { trigger: string }[]).filter(({ trigger }) => trigger === 'Cancel')).toHaveLength(20);
    expect(warnings.filter(([, { task_id }]) => task_id === id).map(([message]) => message)).toEqual(
      count > 20 ? [`${count - 20} cancel actions were dropped: at most 20 are kept`] : [],
    );
  });
});

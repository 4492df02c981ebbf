import { eventually } from '../support/poll';
import { Service, type Task, task, webhook } from '../support/service';
import { type RawAnswer, RawServer } from '../support/strange-servers';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

describe('An unusual answer', () => {
  let service: Service;
  let server: RawServer;
  beforeAll(async () => {
    server = await RawServer.start();
    service = await Service.start();
  });
  afterAll(async () => {
    await service.stop();
    await server.close();
  });

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

  describe('that begins with interim responses', () => {
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

    it('keeps what the final answer says', async () => {
      const body = '{"status":"Success"}';
      const final = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      expect(await started(CONTINUE + CONTINUE + final)).toMatchObject({ status: 'Success' });
    });

    it('fails the task if the final answer refuses it', async () => {
      const final = 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n';
      const { status, failure_reason } = await started(CONTINUE + final);
      expect({ status, failure_reason }).toEqual({ status: 'Failure', failure_reason: expect.stringContaining('503') });
    });

    it('fails the task if no final answer follows', async () => {
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

  describe('that reports the result', () => {
    const SUCCESS = '{"status":"Success"}';
    const answering = (body: string | Buffer, headers = ''): RawAnswer => {
      const bytes = Buffer.from(body);
      return [`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n${headers}\r\n`, bytes];
    };

    it.each<[string, string | Buffer]>([
      ['in UTF-8', `\ufeff${SUCCESS}`],
      ['in UTF-16, little-endian', Buffer.from(`\ufeff${SUCCESS}`, 'utf16le')],
      ['in UTF-16, big-endian', Buffer.from(`\ufeff${SUCCESS}`, 'utf16le').swap16()],
    ])('ends the task if it begins with a byte order mark %s', async (_, body) => {
      expect(await started(answering(body))).toMatchObject({ status: 'Success' });
    });
  });
});

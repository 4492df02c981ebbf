import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { FailedAttempts } from '../../src/access/failed-attempts';
import { bearer, send, type Sent } from '../support/send';
import { Service } from '../support/service';

const TOKEN = 'first-token-0123456789';

describe('With AUTH_TOKEN', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ AUTH_TOKEN: TOKEN });
  });
  afterAll(() => service.stop());

  describe('what a stranger sends', () => {
    const SIZE = 16 * 1024 * 1024;
    /** The connections as the service sees them. */
    const accepted = (): Promise<Socket> =>
      once(service.app.getHttpServer(), 'connection').then(([socket]) => socket as Socket);

    /** Sends the head, and a body for as long as it is taken; answers how much of that was read. */
    async function flood(...head: string[]): Promise<number> {
      const { port } = new URL(service.url);
      const [socket, server] = [connect(Number(port), '127.0.0.1'), accepted()];
      socket.on('error', () => undefined); // It may well be cut.
      socket.resume();
      socket.write(['POST /task HTTP/1.1', 'Host: a', 'Content-Type: application/json', ...head, '', ''].join('\r\n'));
      const peer = await server;
      const closed = once(peer, 'close');
      const part = Buffer.alloc(64 * 1024, ' ');
      for (let sent = 0; sent < SIZE && !socket.destroyed && socket.writable; sent += part.length)
        await new Promise((resolve) => socket.write(part, resolve)); // Ends with the connection, too.
      socket.end();
      await closed;
      socket.destroy();
      return peer.bytesRead;
    }

    it.each([
      ['of a known length', [`Content-Length: ${SIZE}`]],
      ['in chunks', ['Transfer-Encoding: chunked']],
    ])('is not read if it is large: %s', async (_what, head) => {
      expect(await flood(...head)).toBeLessThan(SIZE / 8);
    });

    it('is answered before it comes', async () => {
      const { port } = new URL(service.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`POST /task HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
      // Ends by itself, though nothing of the body has been sent.
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 [^]*\r\nconnection: close\r\n/i);
    });

    it('is answered in peace if it is of a common size, and the connection is kept', async () => {
      const { status, headers } = await send(
        service.url,
        'POST',
        '/task',
        { connection: 'keep-alive' },
        ' '.repeat(500_000),
      );
      expect(status).toBe(401);
      expect(headers.connection).toBe('keep-alive');
    });

    it('is not even parsed', async () => {
      for (const [type, body] of [
        ['application/xml', '<a/>'],
        ['application/json', '{'],
      ])
        expect((await send(service.url, 'POST', '/task', { 'content-type': type }, body)).status).toBe(401);
    });
  });

  describe('wrong credentials', () => {
    it('are turned away for a while when there are too many, and right ones from there are not', async () => {
      const replica = await service.replica({ AUTH_TOKEN: TOKEN });
      const guess = (n: number) => send(replica.url, 'GET', '/task', bearer(`guess-number-${n}-0123456789`));
      const statuses = new Set<number>();
      let last: Sent;
      let guesses = 0;
      do {
        last = await guess(guesses++);
        statuses.add(last.status);
      } while (last.status === 401 && guesses < 200);
      expect([...statuses]).toEqual([401, 429]);
      expect(guesses).toBeGreaterThan(10);
      expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(last.headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(last.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(JSON.parse(last.text)).toMatchObject({
        status: 429,
        title: 'Too Many Requests',
        error: expect.any(String),
      });

      expect((await send(replica.url, 'GET', '/task', bearer(TOKEN))).status).toBe(200);
      expect((await guess(guesses)).status).toBe(429);
      // Who has none guesses nothing, and has to be told how to authenticate.
      expect((await send(replica.url, 'GET', '/task')).status).toBe(401);
      expect((await send(replica.url, 'GET', '/live', bearer('wrong-token-0123456789'))).status).toBe(200);
      await replica.stop();
    });

    it('are counted for each address, and forgotten after a minute', () => {
      const failures = new FailedAttempts();
      const until = (address: string, now: number) => {
        let count = 1;
        while (failures.add(address, now) === 0) count++;
        return count;
      };
      const most = until('192.0.2.1', 0);
      expect(failures.add('192.0.2.1', 20_000)).toBe(40);
      expect(failures.add('192.0.2.2', 20_000)).toBe(0);
      expect(until('192.0.2.1', 60_000)).toBe(most);
    });

    it('of any number of addresses take a bounded amount of memory', () => {
      const failures = new FailedAttempts();
      for (let n = 0; n < 50_000; n++) failures.add(`2001:db8::${n.toString(16)}`, n / 1000);
      expect(failures.size).toBeLessThanOrEqual(10_000);
      failures.add('192.0.2.1', 120_000);
      expect(failures.size).toBe(1);
    });
  });
});

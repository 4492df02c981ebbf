import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { FailedAttempts } from '../../src/access/failed-attempts';
import { startReplica, useService } from '../support/fixture';
import { bearer, send, type Sent } from '../support/send';

const TOKEN = 'first-token-0123456789';

describe('With AUTH_TOKEN', () => {
  const service = useService({ AUTH_TOKEN: TOKEN });

  describe('a request without a token', () => {
    const SIZE = 16 * 1024 * 1024;
    /** Returns the next connection as the service sees it. */
    const accepted = (): Promise<Socket> =>
      once(service.app.getHttpServer(), 'connection').then(([socket]) => socket as Socket);

    /** Sends a head and a body until the service stops reading; returns how many bytes it read. */
    async function flood(...head: string[]): Promise<number> {
      const { port } = new URL(service.url);
      const [socket, server] = [connect(Number(port), '127.0.0.1'), accepted()];
      socket.on('error', () => undefined); // The service may cut it.
      socket.resume();
      socket.write(['POST /task HTTP/1.1', 'Host: a', 'Content-Type: application/json', ...head, '', ''].join('\r\n'));
      const peer = await server;
      const closed = once(peer, 'close');
      const part = Buffer.alloc(64 * 1024, ' ');
      for (let sent = 0; sent < SIZE && !socket.destroyed && socket.writable; sent += part.length)
        await new Promise((resolve) => socket.write(part, resolve));
      socket.end();
      await closed;
      socket.destroy();
      return peer.bytesRead;
    }

    it.each([
      ['of a known length', [`Content-Length: ${SIZE}`]],
      ['in chunks', ['Transfer-Encoding: chunked']],
    ])('is not read when its body is large, %s', async (_what, head) => {
      expect(await flood(...head)).toBeLessThan(SIZE / 8);
    });

    it('is answered before its body arrives', async () => {
      const { port } = new URL(service.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`POST /task HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
      // The connection ends although nothing of the body was sent.
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 [^]*\r\nconnection: close\r\n/i);
    });

    it('of ordinary size is answered on a connection that stays open', async () => {
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

    it('is refused before its body is parsed', async () => {
      for (const [type, body] of [
        ['application/xml', '<a/>'],
        ['application/json', '{'],
      ])
        expect((await send(service.url, 'POST', '/task', { 'content-type': type }, body)).status).toBe(401);
    });
  });

  describe('wrong credentials', () => {
    it('are answered 429 for a minute when there are too many, while the right token is accepted', async () => {
      const replica = await startReplica(service, { AUTH_TOKEN: TOKEN });
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
      // A request without credentials is no guess, and must learn how to authenticate.
      expect((await send(replica.url, 'GET', '/task')).status).toBe(401);
      expect((await send(replica.url, 'GET', '/live', bearer('wrong-token-0123456789'))).status).toBe(200);
    });

    it('are counted per address and forgotten after a minute', () => {
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

    it('take a bounded amount of memory, however many addresses they come from', () => {
      const failures = new FailedAttempts();
      for (let n = 0; n < 50_000; n++) failures.add(`2001:db8::${n.toString(16)}`, n / 1000);
      expect(failures.size).toBeLessThanOrEqual(10_000);
      failures.add('192.0.2.1', 120_000);
      expect(failures.size).toBe(1);
    });
  });
});

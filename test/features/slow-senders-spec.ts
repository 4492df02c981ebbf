import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { Controller, Get, Post } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ServiceAdapter } from '../../src/http/adapter';
import { JsonBody } from '../../src/http/params';
import { httpApp } from '../support/http-app';
import { eventually } from '../support/poll';

/** Returns the body that it was sent. */
@Controller()
class EchoController {
  received = 0;

  @Get('hello')
  hello() {
    return { hello: true };
  }

  @Post('echo')
  echo(@JsonBody() body: unknown) {
    this.received++;
    return { body };
  }
}

const LIMIT = 1_000_000;
const post = (length: number) =>
  `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

describe('A client that sends slowly', () => {
  let app: NestFastifyApplication;
  let echo: EchoController;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    // As in production, except for shorter timeouts.
    const timeouts = { headersMs: 1000, requestMs: 1500, readMs: 30_000, checkMs: 100 };
    app = await httpApp(EchoController, { adapter: new ServiceAdapter({ payloadBytes: LIMIT }, { timeouts }) });
    echo = app.get(EchoController);
  });
  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
  afterAll(() => app.close());

  /** Sends the beginning at once, and then drops until the service closes the connection. */
  async function dripping(begin: string, drop: string): Promise<string> {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    let answer = '';
    socket.setEncoding('latin1').on('data', (part) => (answer += String(part)));
    socket.write(begin);
    const timer = drop ? setInterval(() => socket.write(drop), 50) : undefined;
    await once(socket, 'close');
    clearInterval(timer);
    return answer;
  }

  const TIMED_OUT = /^HTTP\/1\.1 408 Request Timeout\r\n[^]*application\/problem\+json[^]*"status":408/;

  it.each([
    ['a body, byte by byte', post(100_000), ' '],
    ['a body that stops', `${post(100_000)}{"a":`, ''],
    ['a chunked body', post(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked'), '1\r\n \r\n'],
    ['headers, one by one', 'POST /echo HTTP/1.1\r\nHost: a\r\n', 'X: y\r\n'],
    ['a header, byte by byte', 'POST /echo HTTP/1.1\r\nHost: a\r\nX: ', 'y'],
    ['a request line that stops', 'POST /ec', ''],
    ['a path, byte by byte', 'GET /', 'x'],
  ])('gets 408 for %s, and the connection ends', async (_, begin, drop) => {
    expect(await dripping(begin, drop)).toMatch(TIMED_OUT);
  });

  it('does not reach the endpoint and delays no others, however many there are', async () => {
    const before = echo.received;
    const slow = Array.from({ length: 200 }, () => dripping(post(LIMIT), ' '));
    const { port } = app.getHttpServer().address() as AddressInfo;
    for (let call = 0; call < 20; call++) expect((await fetch(`http://127.0.0.1:${port}/hello`)).status).toBe(200);
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(TIMED_OUT);
    expect(echo.received).toBe(before);
    const server = app.getHttpServer();
    await eventually(async () => {
      server.closeIdleConnections();
      expect(await promisify(server.getConnections.bind(server))()).toBe(0);
    });
  });

  it('is refused at once when it announces too large a body', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write(post(LIMIT + 1));
    const [answer] = (await once(socket.setEncoding('latin1'), 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    // Whatever it sends is discarded, for no longer than a valid request may take.
    await once(socket, 'close');
  });

  it('is answered when it has sent everything and closed its half of the connection', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    let answer = '';
    socket.setEncoding('latin1').on('data', (part) => (answer += String(part)));
    socket.end(`${post(7)}{"a":1}`);
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 201 [^]*\{"body":\{"a":1\}\}$/);
  });
});

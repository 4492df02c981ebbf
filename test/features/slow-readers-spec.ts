import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { Controller, Get, Header, Post } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ServiceAdapter } from '../../src/http/adapter';
import { httpApp } from '../support/http-app';
import { eventually } from '../support/poll';

/** Several times what the system buffers for a client. */
const LARGE = 'é'.repeat(6_000_000);
const MIB = 1024 * 1024;

@Controller()
class LargeController extends EventEmitter {
  @Get('large')
  large() {
    return { text: LARGE };
  }

  @Post('large')
  create() {
    return this.large();
  }

  @Get('endless')
  @Header('content-type', 'application/json')
  endless() {
    return Readable.from(
      (function* () {
        for (;;) yield LARGE.slice(0, 100_000);
      })(),
    );
  }

  @Get('small')
  small() {
    return { small: true };
  }

  /** Answers on the event `answer`. */
  @Get('late')
  async late() {
    const told = once(this, 'answer');
    this.emit('asked');
    await told;
    return { late: true };
  }
}

describe('A client that does not read', () => {
  let app: NestFastifyApplication | undefined;
  const sockets: Socket[] = [];
  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    await app?.close();
  });

  const start = async (readMs: number, maxUnreadBytes?: number): Promise<string> => {
    const timeouts = { headersMs: 60_000, requestMs: 60_000, readMs, checkMs: 50 };
    const adapter = new ServiceAdapter({ payloadBytes: MIB }, { timeouts, maxUnreadBytes });
    app = await httpApp(LargeController, { adapter });
    return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  };
  const opened = async (): Promise<Socket> => {
    const { port } = app!.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const asked = async (text: string): Promise<Socket> => {
    const socket = (await opened()).pause();
    socket.write(text);
    return socket;
  };
  const connections = (): Promise<number> => {
    const server = app!.getHttpServer();
    return promisify(server.getConnections.bind(server))();
  };

  it('is cut off, while clients that read slowly, wait for an answer or stay silent are not', async () => {
    await start(1000);
    const late = app!.get(LargeController);
    const [waiting, silent, slow] = [await opened(), await opened(), await opened()];
    const arrived = once(late, 'asked');
    waiting.write(get('/late'));
    await arrived;
    slow.write(get('/large'));
    await asked(get('/large'));
    await asked(get('/endless'));
    await asked(get('/small').repeat(50) + get('/large').repeat(5));
    expect(await connections()).toBe(6);

    let received = '';
    let length = 0;
    for await (const chunk of slow.setEncoding('utf8') as AsyncIterable<string>) {
      received ||= chunk;
      length += Buffer.byteLength(chunk);
      // Takes longer in total than a client may go without reading.
      await new Promise((resolve) => setTimeout(resolve, 8));
      if (chunk.endsWith('"}')) break;
    }
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-length: 12000011\r\n/);
    expect(length).toBe(12_000_011 + received.indexOf('{"text"'));
    // The slow client has left by itself.
    await eventually(async () => expect(await connections()).toBe(2));
    late.emit('answer');
    const [answer] = (await once(waiting, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK[^]*\{"late":true\}$/);
    silent.write(get('/small'));
    expect(String((await once(silent, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('shares a bound of unread bytes with others, beyond which large answers are 503', async () => {
    const url = await start(60_000, 20 * MIB);
    const large = async (method: string) => {
      const answer = await fetch(`${url}/large`, { method });
      return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
    };
    const stuck = await asked(get('/large').repeat(20));
    const refused = { status: 503, retryAfter: '5' };
    await eventually(async () => expect(await large('GET')).toMatchObject(refused));
    expect(JSON.parse((await large('GET')).text)).toMatchObject({
      status: 503,
      error: expect.stringMatching(/answers/),
    });
    expect(await large('HEAD')).toMatchObject(refused);
    expect((await fetch(`${url}/small`)).status).toBe(200);
    // A creation that is committed is always answered.
    const created = await large('POST');
    expect([created.status, created.text]).toEqual([201, JSON.stringify({ text: LARGE })]);
    stuck.destroy();
    await eventually(async () => expect(await large('GET')).toMatchObject({ status: 200, retryAfter: null }));
    expect(await large('HEAD')).toMatchObject({ status: 200, text: '' });
    for (let round = 0; round < 2; round++) expect((await large('GET')).status).toBe(200);
  });
});

import { EventEmitter, once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Controller, Get } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterTest, createDatabase } from '../support/fixture';
import { httpApp } from '../support/http-app';
import { Service, task } from '../support/service';

const REQUEST = 'GET /slow HTTP/1.1\r\nhost: x\r\n\r\n';
const LAST_ANSWER = /HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*\{"done":true\}$/;

/** Emits `arrived` for a request, and answers it on `answer`. */
@Controller()
class SlowController extends EventEmitter {
  @Get('slow')
  async slow() {
    const answered = once(this, 'answer');
    this.emit('arrived');
    await answered;
    return { done: true };
  }
}

describe('Closing the server', () => {
  let app: NestFastifyApplication;
  let slow: SlowController;
  beforeEach(async () => {
    app = await httpApp(SlowController);
    slow = app.get(SlowController);
  });

  async function client(): Promise<{ socket: Socket; received: () => string }> {
    const { port } = app.getHttpServer().address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    afterTest(() => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    await once(socket, 'connect');
    return { socket, received: () => text };
  }

  test('does not wait for clients that keep a connection or never send anything', async () => {
    slow.on('arrived', () => slow.emit('answer'));
    const [silent, half, idle] = [await client(), await client(), await client()];
    half.socket.write('GET /slow HTTP/1.1\r\nhost: ');
    idle.socket.write(REQUEST);
    await once(idle.socket, 'data');
    const gone = Promise.all([silent, half, idle].map(({ socket }) => once(socket, 'close')));
    await app.close();
    await gone;
  });

  test('lets a request in flight end, and then its connection', async () => {
    const { socket, received } = await client();
    const arrived = once(slow, 'arrived');
    socket.write(REQUEST);
    await arrived;
    const closing = app.close();
    slow.emit('answer');
    await once(socket, 'close');
    await closing;
    expect(received()).toMatch(LAST_ANSWER);
  });

  test('answers requests on connections that are kept, new or half read, and asks to close them', async () => {
    slow.on('arrived', () => slow.emit('answer'));
    const [kept, silent, half] = [await client(), await client(), await client()];
    kept.socket.write(REQUEST);
    await once(kept.socket, 'data');
    half.socket.write(REQUEST.slice(0, -2));
    const closing = app.close();
    kept.socket.write(REQUEST);
    silent.socket.write(REQUEST);
    half.socket.write('\r\n');
    const late = await client();
    late.socket.write(REQUEST);
    await Promise.all([kept, silent, half, late].map(({ socket }) => once(socket, 'close')));
    await closing;
    for (const { received } of [kept, silent, half, late]) expect(received()).toMatch(LAST_ANSWER);
  });
});

describe('Closing the service', () => {
  test('still takes requests on kept connections after its own work has ended, but no event listeners', async () => {
    const service = await Service.start({}, (await createDatabase()).url);
    const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
    const send = async (agent: Agent, method: string, path: string, body = '') => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const [response] = (await once(
        request(service.url + path, { agent, method, headers }).end(body),
        'response',
      )) as [IncomingMessage];
      await text(response);
      return { status: response.statusCode, connection: response.headers.connection };
    };
    for (const agent of agents)
      expect(await send(agent, 'GET', '/live')).toEqual({ status: 200, connection: 'keep-alive' });

    const stopping = service.app.close();
    const created = JSON.stringify([task('a', 'http://localhost:1')]);
    expect(await Promise.all([send(agents[0], 'POST', '/task', created), send(agents[1], 'GET', '/events')])).toEqual(
      [201, 503].map((status) => ({ status, connection: 'close' })),
    );
    await stopping;
  });
});

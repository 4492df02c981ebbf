import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createAdapter, setUpApp } from '../../src/app.setup';
import { loadConfig } from '../../src/config/load';

const REQUEST = 'GET /slow HTTP/1.1\r\nhost: x\r\n\r\n';

/** Says when a request has arrived, and answers it when told to. */
@Controller()
class SlowController extends EventEmitter {
  @Get('slow')
  async slow() {
    const told = once(this, 'answer');
    this.emit('arrived');
    await told;
    return { done: true };
  }
}

describe('closing the server', () => {
  let app: NestFastifyApplication;
  let slow: SlowController;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    const module = await Test.createTestingModule({ controllers: [SlowController] }).compile();
    const config = loadConfig({ LISTEN_ADDRESS: '::' });
    app = module.createNestApplication<NestFastifyApplication>(createAdapter(config), { logger: false });
    setUpApp(app);
    await app.listen(0, '127.0.0.1');
    slow = app.get(SlowController);
  });

  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

  async function client(): Promise<{ socket: Socket; received: () => string }> {
    const { port } = app.getHttpServer().address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    await once(socket, 'connect');
    return { socket, received: () => text };
  }

  test('is not held up by clients that keep their connection, or never say anything', async () => {
    slow.on('arrived', () => slow.emit('answer'));
    const [silent, half, idle] = [await client(), await client(), await client()];
    half.socket.write('GET /slow HTTP/1.1\r\nhost: ');
    idle.socket.write(REQUEST);
    await once(idle.socket, 'data');
    const gone = Promise.all([silent, half, idle].map(({ socket }) => once(socket, 'close')));
    await app.close();
    await gone;
  });

  test('lets a request in flight end, and its connection with it', async () => {
    const { socket, received } = await client();
    const arrived = once(slow, 'arrived');
    socket.write(REQUEST);
    await arrived;
    const closing = app.close();
    slow.emit('answer');
    await once(socket, 'close');
    await closing;
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*\{"done":true\}$/);
  });
});

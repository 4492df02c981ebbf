import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadConfig } from '../../src/config/load';
import { ServiceAdapter } from '../../src/http/adapter';
import { afterTest, useDatabase, useService } from '../support/fixture';
import { ServiceProcess, useProcesses } from '../support/process';
import { freePort } from '../support/service';

const TOKEN = 'a-token-of-this-test-0123456789';
const machine = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
const hasIPv6 = machine.some(({ address }) => address === '::1');
const outside = machine.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Returns whether something listens there. */
const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

const reached = async ({ port }: { port: number }) => ({
  here: await answers('127.0.0.1', port),
  hereByIPv6: hasIPv6 ? await answers('::1', port) : undefined,
  outside: outside && (await answers(outside, port)),
});
const yes = { hereByIPv6: hasIPv6 ? true : undefined, outside: outside && true };

interface Said {
  status: number;
  body: { status?: string; detail?: string };
}

/** Sends a request with headers that `fetch` would set itself. */
const send = (url: string, method: string, path: string, headers: Record<string, string | string[]>): Promise<Said> =>
  new Promise((resolve, reject) => {
    request(url + path, { method, headers, agent: false }, (response) => {
      const read = async () => ({
        status: response.statusCode!,
        body: JSON.parse((await text(response)) || '{}') as Said['body'],
      });
      read().then(resolve, reject);
    })
      .on('error', reject)
      .end();
  });

describe('A service listens', () => {
  useProcesses();
  afterEach(() => ServiceProcess.killAll());
  const database = useDatabase();

  const start = (env: Record<string, string>, preload?: string) =>
    ServiceProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: 'info', WORKER_ENABLED: '0', ...env }, { preload });

  it('on loopback addresses only without a token, with a hint in the log, and stops cleanly', async () => {
    const service = await start({});
    expect(await reached(service)).toEqual({ here: true, hereByIPv6: yes.hereByIPv6, outside: outside && false });
    expect(service.log).toMatch(
      /Listening on 127\.0\.0\.1.*only this machine can connect; set AUTH_TOKEN or LISTEN_ADDR/,
    );
    for (const host of hasIPv6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1']) {
      const url = `http://${host}:${service.port}`;
      expect((await send(url, 'GET', '/live', {})).status).toBe(200);
      expect((await send(url, 'GET', '/live', { host: 'a b' })).body).toMatchObject({ status: 400 });
    }
    for (const host of [
      'evil.example',
      `evil.example:${service.port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ])
      expect(await send(service.url, 'GET', '/task', { host })).toMatchObject({ status: 403 });
    const kept = connect(service.port, hasIPv6 ? '::1' : '127.0.0.1').on('error', () => undefined);
    expect(await service.end('SIGTERM')).toBe(0);
    kept.destroy();
  });

  it('on the given loopback addresses, and accepts them as Host', async () => {
    const service = await start({ LISTEN_ADDRESS: '127.0.0.2,127.0.0.1' });
    expect((await send(`http://127.0.0.2:${service.port}`, 'GET', '/task', {})).status).toBe(200);
  });

  it('on every IPv4 address with a token and without IPv6', async () => {
    const preload = join(tmpdir(), `without-ipv6-${process.pid}.cjs`);
    // The error of a kernel with `ipv6.disable=1`.
    writeFileSync(
      preload,
      `const { Server } = require('node:net'), { listen } = Server.prototype;
       Server.prototype.listen = function (options, ...rest) {
         if (!String(options?.host).includes(':')) return listen.call(this, options, ...rest);
         const error = Object.assign(new Error('listen EAFNOSUPPORT'), { code: 'EAFNOSUPPORT' });
         process.nextTick(() => this.emit('error', error));
         return this;
       };`,
    );
    const service = await start({ AUTH_TOKEN: TOKEN }, preload);
    expect(await reached(service)).toEqual({ here: true, ...yes, hereByIPv6: hasIPv6 ? false : undefined });
    expect((await send(service.url, 'GET', '/live', { host: 'any.example' })).status).toBe(200);
  });
});

describe('The addresses of LISTEN_ADDRESS', () => {
  const listenOn = async (...addresses: string[]) => {
    const adapter = new ServiceAdapter(loadConfig({}).limits);
    afterTest(() => adapter.getInstance().close());
    const port = await freePort();
    const bound = await adapter.listener.listen(addresses, port);
    return { bound, ...(await reached({ port })) };
  };
  const no = { hereByIPv6: hasIPv6 ? false : undefined, outside: outside && false };

  it('are all for ::, all of IPv4 for 0.0.0.0, and otherwise those that it names', async () => {
    expect(await listenOn('::')).toEqual({ bound: [hasIPv6 ? '::' : '0.0.0.0'], here: true, ...yes });
    expect(await listenOn('0.0.0.0')).toMatchObject({ here: true, outside: yes.outside, hereByIPv6: no.hereByIPv6 });
    expect(await listenOn('127.0.0.1')).toMatchObject({ here: true, ...no });
  });

  it('must be addresses of this machine, but a missing IPv6 one is skipped beside others', async () => {
    await expect(listenOn('192.0.2.7')).rejects.toThrow('This machine does not have the address 192.0.2.7');
    await expect(listenOn('127.0.0.1', '192.0.2.7')).rejects.toThrow('192.0.2.7');
    await expect(listenOn('2001:db8::7')).rejects.toThrow('2001:db8::7');
    await expect(listenOn('127.0.0.1', '127.0.0.1')).rejects.toThrow('LISTEN_ADDRESS names 127.0.0.1 twice');
    expect(await listenOn('2001:db8::7', '127.0.0.1')).toMatchObject({ bound: ['127.0.0.1'] });
  });

  it('are loopback without a token, unless they are set or it is production', () => {
    const listenOf = (env: Record<string, string>) => loadConfig(env).listen;
    const all = { addresses: ['::'], loopbackOnly: false };
    expect(listenOf({ NODE_ENV: 'production' })).toEqual(all);
    expect(listenOf({ AUTH_TOKEN: TOKEN })).toEqual(all);
    expect(listenOf({ LISTEN_ADDRESS: '10.0.0.1, ::1' })).toEqual({
      addresses: ['10.0.0.1', '::1'],
      loopbackOnly: false,
    });
    expect(listenOf({ NODE_ENV: 'production', LISTEN_ADDRESS: '127.0.0.2' }).loopbackOnly).toBe(true);
    for (const LISTEN_ADDRESS of ['localhost', '*', '[::1]', '127.0.0.1:80', '127.1', '10.0.0.0/8'])
      expect(() => listenOf({ LISTEN_ADDRESS })).toThrow(/^LISTEN_ADDRESS must be comma-separated IP addresses/);
  });
});

describe('Without a token', () => {
  const service = useService({ WORKER_ENABLED: '0', HOST_URL: 'https://hooks.example/line' });
  let url: string;
  beforeAll(() => {
    url = `http://127.0.0.1:${(service.app.getHttpServer().address() as { port: number }).port}`;
  });

  const REPLAY = '/webhook-deliveries/replay';

  it.each<[string, Record<string, string>]>([
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of another port of this machine', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }],
    ['of another origin, by an old browser', { origin: 'https://evil.example' }],
    ['of our host without TLS, by an old browser', { origin: 'http://hooks.example' }],
    ['of no origin', { origin: 'null' }],
    ['of another origin that claims to be ours', { origin: 'https://hooks.example', 'sec-fetch-site': 'cross-site' }],
  ])('a web page %s cannot change anything', async (_, headers) => {
    const json = { ...headers, 'content-type': 'application/json' };
    for (const [method, path] of [
      ['POST', REPLAY],
      ['POST', '/task'],
      ['DELETE', '/batch/01a20385-0579-772d-b781-92370a992fbd'],
      ['PATCH', '/task/pause/01a20385-0579-772d-b781-92370a992fbd'],
    ])
      expect(await send(url, method, path, json)).toMatchObject({ status: 403, body: { status: 403 } });
    expect((await send(url, 'GET', '/task', headers)).status).toBe(200);
  });

  it.each<Record<string, string>>([
    {},
    { 'sec-fetch-site': 'same-origin', origin: 'https://any.example' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://hooks.example' },
    { origin: 'http://own.example:1', host: 'own.example:1' },
    { origin: 'https://own.example:1', host: 'own.example:1' },
  ])('its own page, or a client that is no page, may replay (%j)', async (headers) => {
    expect((await send(url, 'POST', REPLAY, headers)).status).toBe(202);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain, application/json',
  ])('a replay as %s is 415, although its body is empty', async (type) => {
    for (const path of [REPLAY, '/webhook-deliveries/01a20385-0579-772d-b781-92370a992fbd/replay'])
      expect((await send(url, 'POST', path, { 'content-type': type })).status).toBe(415);
  });
});

describe('The header Host', () => {
  const service = useService({ WORKER_ENABLED: '0' });

  const raw = (head: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      text(socket).then(resolve, reject);
      socket.end(`GET /live HTTP/1.1\r\n${head}\r\nconnection: close\r\n\r\n`);
    });

  it.each([
    'Host: a\r\nHost: b',
    'Host: a\r\nhost: a',
    'Host: a\r\nX: y\r\nHOST: a',
    'Host: a b',
    'Host: a/b',
    'Host: u@a',
    'X: y',
  ])('with %j is answered 400', async (head) => {
    expect(await raw(head)).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*header Host/);
  });

  it.each(['Host: localhost', 'Host: a.example:80', 'Host: [::1]:8085', 'Host:', 'Host: xn--bcher-kva.example'])(
    'with %j is accepted',
    async (head) => {
      expect(await raw(head)).toMatch(/^HTTP\/1\.1 200 /);
    },
  );
});

import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WireRequest } from './requests';

export interface WireAnswer {
  status: number;
  type: string;
  body: string;
}

/** Sends requests unchanged, even those that HTTP clients refuse. */
export class Wire {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(private readonly url: URL) {}

  send({ method, target, headers, body }: WireRequest): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      const { hostname, port, host } = this.url;
      const given = new Set(headers.map(([name]) => name));
      const framing = [
        ['host', host],
        ['content-length', String(body?.length)],
      ].filter(([name]) => !given.has(name) && (name === 'host' || body !== undefined));
      const request = httpRequest(
        { hostname, port, path: target, method, headers: [...framing, ...headers].flat(), agent: this.agent },
        (response) => {
          const { statusCode: status = 0, headers: answered } = response;
          const type = answered['content-type'] ?? '';
          // Event streams never end.
          if (type.startsWith('text/event-stream')) {
            response.destroy();
            resolve({ status, type, body: '' });
            return;
          }
          text(response).then((received) => resolve({ status, type, body: received }), reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /**
   * Sends bytes on a connection of their own, and returns the first answer, or undefined if the service closes the connection
   * without one.
   * @param isUnfinished nothing more follows, though the service may wait for it.
   */
  async sendRaw(message: string, isUnfinished: boolean): Promise<WireAnswer | undefined> {
    const socket = connect(Number(this.url.port), this.url.hostname);
    socket.write(message, 'latin1');
    if (isUnfinished) socket.end();
    let received = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      received += part;
      if (finalAnswer(received)) socket.destroy();
    });
    await once(socket, 'close');
    return finalAnswer(received);
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Returns the first final answer once it is complete, skipping `100 Continue`. */
function finalAnswer(received: string): WireAnswer | undefined {
  const [head, ...rest] = received.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1].trim();
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
  if (status < 200) return finalAnswer(body);
  if (rest.length === 0 || Buffer.byteLength(body) < Number(header('content-length') ?? 0)) return undefined;
  return { status, type: header('content-type') ?? '', body };
}

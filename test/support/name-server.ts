import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

const A = 1;
const AAAA = 28;
const HEADER_BYTES = 12;
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;

/** The addresses of a name; a missing family has none. */
type NameAnswer = { A?: string[] | 'silence'; AAAA?: number[][] | 'silence' } | 'silence' | 'failure';

/** A real DNS server that knows only the given names. */
export class NameServer {
  /** The questions so far, as `A name` or `AAAA name`. */
  readonly asked: string[] = [];
  private readonly names = new Map<string, NameAnswer>();
  private readonly socket = createSocket('udp4', (message, from) => this.hear(message, from));

  static async start(): Promise<NameServer> {
    const server = new NameServer();
    server.socket.bind(0, '127.0.0.1');
    await once(server.socket, 'listening');
    return server;
  }

  /** Address for `NameResolver`. */
  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  tell(name: string, answer: NameAnswer): void {
    this.names.set(name, answer);
  }

  close(): void {
    this.socket.close();
  }

  private hear(message: Buffer, { port, address }: RemoteInfo): void {
    const end = message.indexOf(0, HEADER_BYTES);
    const name = labels(message.subarray(HEADER_BYTES, end)).join('.').toLowerCase();
    const type = message.readUInt16BE(end + 1);
    this.asked.push(`${type === A ? 'A' : 'AAAA'} ${name}`);
    const known = this.names.get(name);
    if (known === 'silence') return;
    const code = known === 'failure' ? SERVER_FAILURE : known ? 0 : NO_SUCH_NAME;
    const found = typeof known === 'object' ? (type === AAAA ? known.AAAA : known.A) : [];
    if (found === 'silence') return;
    const records = (found ?? []).map((each) =>
      record(type, typeof each === 'string' ? each.split('.').map(Number) : each),
    );
    const header = Buffer.from(message.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(0x8180 + code, 2);
    // One question, the answers, and nothing in the other sections.
    [1, records.length, 0, 0].forEach((count, i) => header.writeUInt16BE(count, 4 + 2 * i));
    const question = message.subarray(HEADER_BYTES, end + 5);
    this.socket.send(Buffer.concat([header, question, ...records]), port, address);
  }
}

function labels(encoded: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < encoded.length; at += encoded[at] + 1) {
    found.push(encoded.toString('latin1', at + 1, at + 1 + encoded[at]));
  }
  return found;
}

/** Returns a record for the name of the question, valid for a minute. */
function record(type: number, address: number[]): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(address.length, 10);
  return Buffer.concat([head, Buffer.from(address)]);
}

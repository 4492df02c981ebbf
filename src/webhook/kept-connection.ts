import type { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import { StatusLine } from './status-line';

/** A request that wants to know what connection it is sent on. */
export interface Informed {
  /** Told before the request is sent. Until it is, the request may still wait for another connection. */
  exchange: { connection?: KeptConnection };
}

/**
 * A client of undici, which has one connection at a time. It knows whether that connection was used before, and the
 * status of the answer that comes on it.
 */
export class KeptConnection extends Client {
  private fresh = true;
  private readonly statusLine: StatusLine;

  constructor(origin: URL, options: Client.Options) {
    const statusLine = new StatusLine();
    super(origin, { ...options, connect: reading(options.connect, statusLine) });
    this.statusLine = statusLine;
    this.on('connect', () => (this.fresh = true));
  }

  /** Of the answer to the request that was sent last; undefined until it has come. */
  get status(): number | undefined {
    return this.statusLine.status;
  }

  override dispatch(
    options: Dispatcher.DispatchOptions & Partial<Informed>,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    if (options.exchange) options.exchange.connection = this;
    return super.dispatch(options, handler);
  }

  /** To be called for each request that is sent; answers whether an earlier one was sent on the same connection. */
  use(): boolean {
    const used = !this.fresh;
    this.fresh = false;
    this.statusLine.expect();
    return used;
  }
}

/** Connects in the same way; what is read from the connection goes through the status line first. */
function reading(connect: Client.Options['connect'], statusLine: StatusLine): buildConnector.connector {
  const connector = typeof connect === 'function' ? connect : buildConnector(connect);
  return (target, callback) =>
    connector(target, (...[error, socket]) => {
      if (error) return callback(error, null);
      readThrough(socket, statusLine);
      callback(null, socket);
    });
}

function readThrough(socket: Socket, statusLine: StatusLine): void {
  const read = socket.read.bind(socket);
  socket.read = (size) => {
    const chunk = read(size) as Buffer | null;
    if (chunk) statusLine.pass(chunk);
    return chunk;
  };
}

import type { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import { StatusLine } from './status-line';

/** Options of a request whose exchange is told which connection it is sent on. */
export interface WithExchange {
  /** Its connection is set before the request is sent; the request may still move to another one before that. */
  exchange: { connection?: KeptConnection };
}

/**
 * A client of undici, which has one connection at a time. It knows whether that connection was used before, and the
 * status of the response that arrives on it.
 */
export class KeptConnection extends Client {
  private fresh = true;
  private readonly statusLine: StatusLine;

  constructor(origin: URL, options: Client.Options) {
    const statusLine = new StatusLine();
    super(origin, { ...options, connect: connectThrough(statusLine, options.connect) });
    this.statusLine = statusLine;
    this.on('connect', () => (this.fresh = true));
  }

  /** The status of the response to the last request; undefined until it has come. */
  get status(): number | undefined {
    return this.statusLine.status;
  }

  override dispatch(
    options: Dispatcher.DispatchOptions & Partial<WithExchange>,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    if (options.exchange) options.exchange.connection = this;
    return super.dispatch(options, handler);
  }

  /** Must be called for each request that is sent; returns whether the connection was used before. */
  use(): boolean {
    const used = !this.fresh;
    this.fresh = false;
    this.statusLine.expect();
    return used;
  }
}

/** Wraps a connector, so that bytes from the connection go through the status line first. */
function connectThrough(statusLine: StatusLine, connect: Client.Options['connect']): buildConnector.connector {
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

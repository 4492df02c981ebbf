import { Client, type Dispatcher } from 'undici';

/** A request that wants to know what connection it is sent on. */
export interface Informed {
  /** Told before the request is sent. Until it is, the request may still wait for another connection. */
  exchange: { connection?: KeptConnection };
}

/** A client of undici, which has one connection at a time, that knows whether the one that it has was used before. */
export class KeptConnection extends Client {
  private fresh = true;

  constructor(origin: URL, options: Client.Options) {
    super(origin, options);
    this.on('connect', () => (this.fresh = true));
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
    return used;
  }
}

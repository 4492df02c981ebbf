import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { LocalServer } from './local-server';

class ListenerServer extends LocalServer {
  constructor(private readonly listener: RequestListener) {
    super();
  }

  protected serve(request: IncomingMessage, response: ServerResponse): void {
    this.listener(request, response);
  }
}

/** Starts an HTTP server for a listener under test. */
export const serve = (listener: RequestListener): LocalServer => new ListenerServer(listener);

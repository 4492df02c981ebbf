import { once } from 'node:events';
import { createServer, isIPv6, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { StartError } from '../domain/errors';

/** Error codes for an address that the machine does not have, for example because IPv6 is off. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/** Listens on several addresses for one HTTP server; Node's server listens on a single one. */
export class Listener {
  /** Close the additional listeners; they resolve when their last connection has ended. */
  private readonly closers: (() => Promise<unknown>)[] = [];
  private closed: Promise<unknown> = Promise.resolve();

  constructor(private readonly instance: FastifyInstance) {
    instance.addHook('preClose', (done) => {
      this.closed = Promise.all(this.closers.map((close) => close()));
      done();
    });
    instance.addHook('onClose', async () => void (await this.closed));
  }

  /**
   * Listens on all of these addresses. If IPv6 is off, `::` stands for all IPv4 addresses, and other IPv6 addresses are
   * skipped unless there is no other address.
   * @returns the addresses on which the service listens.
   * @throws {StartError}
   */
  async listen(addresses: readonly string[], port: number): Promise<string[]> {
    const bound: string[] = [];
    for (const address of addresses)
      try {
        bound.push(await this.listenOn(address, port));
      } catch (error) {
        const isDispensable = isIPv6(address) && addresses.length > 1;
        if (!isAbsent(error) || !isDispensable) throw reasonOf(error, address, port, bound);
      }
    if (bound.length === 0) throw new StartError('This machine has none of the addresses in LISTEN_ADDRESS');
    return bound;
  }

  private async listenOn(host: string, port: number): Promise<string> {
    try {
      if (this.instance.server.listening) await this.listenBeside(host, port);
      else await this.instance.listen({ host, port });
      return host;
    } catch (error) {
      if (host !== '::' || !isAbsent(error)) throw error;
      return this.listenOn('0.0.0.0', port);
    }
  }

  private async listenBeside(host: string, port: number): Promise<void> {
    const { server } = this.instance;
    // The options that Node uses for HTTP servers.
    const beside = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
    // Node reports errors of a connection to the server that accepted it.
    beside.on('clientError', (error: Error, socket: Socket) => server.emit('clientError', error, socket));
    await once(beside.listen({ host, port }), 'listening');
    this.closers.push(() => once(beside.close(), 'close'));
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const isAbsent = (error: unknown): boolean => ABSENT.has(codeOf(error));

function reasonOf(error: unknown, address: string, port: number, bound: readonly string[]): unknown {
  if (codeOf(error) === 'EADDRINUSE' && bound.length > 0)
    return new StartError(`LISTEN_ADDRESS names ${address} twice: ${bound.join(' and ')} includes it`);
  if (codeOf(error) === 'EADDRINUSE') return new StartError(`Port ${port} is in use; set PORT to a free one`);
  if (isAbsent(error)) return new StartError(`This machine does not have the address ${address} in LISTEN_ADDRESS`);
  return error;
}

import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Client, type ClientConfig, Connection } from 'pg';
import type { Settings } from './session-settings';

declare module 'pg' {
  interface Client {
    /** What a connection asks of the server when it is made. */
    getStartupConf(): Record<string, string>;
  }
  interface ClientConfig {
    connection?: Connection;
  }
  interface Connection {
    ssl: boolean | ConnectionOptions;
    connect(port: number, host: string): void;
    attachListeners(stream: Socket): void;
    upgradeToSSL(host: string, onError: (error: Error) => void): void;
  }
}

export interface SessionConfig extends ClientConfig {
  readonly settings: Settings;
  /** What TLS is made with when a client is made; false: without TLS. */
  readonly tls: () => ConnectionOptions | false;
  /** A server without TLS will do. */
  readonly tlsOptional: boolean;
}

/** A client whose sessions begin with settings of its own. pg itself passes on a few, and TypeORM makes the pool. */
export class SessionClient extends Client {
  private readonly settings: Settings;

  constructor(config: SessionConfig) {
    const ssl = config.tls();
    const connection = ssl && config.tlsOptional ? new OptionalTls(config, ssl) : undefined;
    // A pool hides its password from spreading.
    super({ ...config, password: config.password, ssl, connection });
    this.settings = config.settings;
  }

  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), ...this.settings };
  }
}

/** A connection that is encrypted if the server can do that; pg's own one ends where it cannot. */
class OptionalTls extends Connection {
  private asked = false;
  private host = '';

  constructor(
    { keepAlive, keepAliveInitialDelayMillis }: ClientConfig,
    private readonly options: ConnectionOptions,
  ) {
    super({ keepAlive, keepAliveInitialDelayMillis });
  }

  override connect(port: number, host: string): void {
    this.host = host;
    super.connect(port, host);
  }

  /** Called with the bare connection first: there the server answers, with one letter, whether it can encrypt. */
  override attachListeners(stream: Socket): void {
    if (this.asked) return super.attachListeners(stream);
    this.asked = true;
    stream.once('data', (answer) => {
      const text = answer.toString('latin1');
      if (text === 'S') {
        this.ssl = this.options;
        this.upgradeToSSL(this.host, (error) => this.emit('error', error));
      } else if (text === 'N') {
        super.attachListeners(stream);
        this.emit('sslconnect');
      } else stream.destroy(new Error('The server does not say whether it takes encrypted connections'));
    });
  }
}

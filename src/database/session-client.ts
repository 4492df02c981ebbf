import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Client, type ClientConfig, Connection } from 'pg';
import type { Settings } from './session-settings';

declare module 'pg' {
  interface Client {
    /** What a connection asks of the server when it is made. */
    getStartupConf(): Record<string, string>;
    /** Of the session's process in the server; a pooler makes one up. */
    processID: number | null;
    readonly _activeQuery: unknown;
    readonly _sentQueryQueue: unknown[];
    readonly _queryQueue: unknown[];
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

/** A pool waits for longer than that until one of its connections is free, but not for one that is being made. */
const MAX_CONNECT_MS = 3000;
const MAX_GOODBYE_MS = 1000;

/** A client whose sessions begin with settings of its own. pg itself passes on a few, and TypeORM makes the pool. */
export class SessionClient extends Client {
  private readonly settings: Settings;

  constructor(config: SessionConfig) {
    const ssl = config.tls();
    const connection = ssl && config.tlsOptional ? new OptionalTls(config, ssl) : undefined;
    // A pool hides its password from spreading.
    const connectionTimeoutMillis = Math.min(config.connectionTimeoutMillis || MAX_CONNECT_MS, MAX_CONNECT_MS);
    super({ ...config, password: config.password, ssl, connection, connectionTimeoutMillis });
    this.settings = config.settings;
  }

  /** How much has come from the server so far. */
  get bytesRead(): number {
    return (this.connection.stream as Socket).bytesRead;
  }

  /** Something is on its way to the server, as far as this process can tell. */
  get isSending(): boolean {
    return (this.connection.stream as Socket).writableLength > 0;
  }

  /** The server owes an answer. */
  get isWaiting(): boolean {
    return Boolean(this._activeQuery) || this._sentQueryQueue.length > 0 || this._queryQueue.length > 0;
  }

  /** Breaks the connection without a word to the server; what runs on it is rejected. */
  abandon(): void {
    this.connection.stream.destroy();
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  /** Says goodbye, and does not wait for a server that does not answer. */
  override end(callback?: (error: Error) => void): Promise<void> | void {
    const timer = setTimeout(() => this.abandon(), MAX_GOODBYE_MS).unref();
    this.once('end', () => clearTimeout(timer));
    return callback ? super.end(callback) : super.end();
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
